import { routesWith } from '../http/route.ts';
import type { HealthMonitor } from './health-monitor.ts';

/** The dependencies of the probes. */
export interface SystemContext {
  readonly health: HealthMonitor;
  readonly draining: { readonly isDraining: boolean };
}

/** Defines a route of this folder. */
export const route = routesWith<SystemContext>();

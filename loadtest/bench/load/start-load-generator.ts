import { type Assistant, startAssistant } from '../system/assistant.ts';
import type { LoadCalls } from './plans.ts';

/** Starts a load generator in its own process. */
export function startLoadGenerator(): Promise<Assistant<LoadCalls>> {
  return startAssistant<LoadCalls>(new URL('load-generator.ts', import.meta.url));
}

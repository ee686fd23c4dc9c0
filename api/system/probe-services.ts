import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { ApiContext } from '../context.ts';

const PROBE_TIMEOUT_MS = 1_000;

/** Whether a service of ours answers. */
type Answer = 'ok' | 'unavailable';

/** What this process can do with the services that it finds: degraded is without Redis. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly mongodb: Answer;
  readonly redis: Answer;
}

/** Asks MongoDB and Redis for a sign of life, within a second. */
export async function probeServices({ store, redis }: ApiContext): Promise<Readiness> {
  const [isRecordUp, isRedisUp] = await Promise.all([
    isAnswering(() => store.connection.db?.command({ ping: 1 })),
    isAnswering(() => redis.ping()),
  ]);
  const word = (isUp: boolean): Answer => (isUp ? 'ok' : 'unavailable');
  const status = !isRecordUp ? 'unavailable' : isRedisUp ? 'ready' : 'degraded';
  return { status, mongodb: word(isRecordUp), redis: word(isRedisUp) };
}

async function isAnswering(ping: () => Promise<unknown> | undefined): Promise<boolean> {
  try {
    await withDeadline('a probe', PROBE_TIMEOUT_MS, Promise.resolve(ping()));
    return true;
  } catch {
    return false;
  }
}

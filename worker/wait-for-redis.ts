import type { RedisClient } from '../shared/queue/connections.ts';
import type { Logger } from '../shared/runtime/logger.ts';

const FIRST_LINE_AFTER_MS = 2_000;
const LINE_EVERY_MS = 30_000;

/**
 * Waits until a client of `connectPatiently` is connected, however long that takes. Logs after 2 s,
 * and then every 30 s, that it still waits, with the last connection error.
 */
export async function waitForRedis(redis: RedisClient, log: Pick<Logger, 'warn'>): Promise<void> {
  if (redis.status === 'ready') return;
  let reason = 'no answer';
  const onError = (error: Error) => {
    reason = error.message || String(error);
  };
  const warn = () => log.warn({ reason }, 'waiting for Redis');
  let timer = setTimeout(() => {
    warn();
    timer = setInterval(warn, LINE_EVERY_MS);
  }, FIRST_LINE_AFTER_MS);
  redis.on('error', onError);
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  redis.off('error', onError);
  clearTimeout(timer);
}

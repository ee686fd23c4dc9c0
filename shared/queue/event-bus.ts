import type { DomainEvent, WireEvent } from '../contract/events.ts';
import type { RedisClient } from './connections.ts';

/** Relayed events go to one channel, several in a message, as a JSON array. */
function channelOf(keyPrefix: string): string {
  return `${keyPrefix}:events`;
}

/** Publishes events to whoever listens now. Nobody can rely on hearing them: MongoDB knows. */
export async function publishEvents(
  redis: RedisClient,
  keyPrefix: string,
  events: readonly DomainEvent[],
): Promise<void> {
  await redis.publish(channelOf(keyPrefix), JSON.stringify(events));
}

/**
 * Listens to events until `close`; after an outage of Redis it listens again by itself.
 * @param redis a connection of its own, since a subscribed one can do nothing else
 */
export function subscribeEvents(
  redis: RedisClient,
  keyPrefix: string,
  onEvents: (events: readonly WireEvent[]) => void,
): { close(): void } {
  redis.on('message', (_channel, message) => {
    const events: unknown = JSON.parse(message);
    if (Array.isArray(events)) onEvents(events);
  });
  // ioredis subscribes again after each reconnection; before the first one it queues.
  redis.subscribe(channelOf(keyPrefix)).catch(() => undefined);
  return { close: () => redis.disconnect() };
}

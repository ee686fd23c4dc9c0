import { randomUUID } from 'node:crypto';
import type { DomainEvent, WireEvent } from '../contract/events.ts';
import type { RedisClient } from './connections.ts';

/** Returns the channel of all relayed events. Each message is a JSON array of events. */
function toChannel(keyPrefix: string): string {
  return `${keyPrefix}:events`;
}

/**
 * Publishes events to the current subscribers. Delivery is not guaranteed: MongoDB has the record.
 */
export async function publishEvents(
  redis: RedisClient,
  keyPrefix: string,
  events: readonly DomainEvent[],
): Promise<void> {
  const channel = toChannel(keyPrefix);
  const message = JSON.stringify(events);
  if (redis.isCluster) await redis.eval(PUBLISH_BY_KEY, 1, channel, message);
  else await redis.publish(channel, message);
}

/**
 * In a cluster the client publishes through any node, so messages could overtake each other on
 * their way to a subscriber. With the channel as a key, the script always runs on the same node.
 */
const PUBLISH_BY_KEY = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;

/** How often a subscription is tested, and how many lost echoes in a row it survives. */
const ECHO_EVERY_MS = 3_000;
const LOST_ECHOES_MAX = 2;

interface SubscriptionTest {
  /** Sends the echoes: a separate connection, opened by `connectFailingFast`. */
  readonly publisher: RedisClient;
  readonly everyMs?: number;
}

/**
 * Subscribes to events until `close`, and resubscribes after an outage of Redis.
 *
 * A subscriber only receives, so nothing fails if its connection is dead or leads to a server that
 * is no longer the primary. With `test` the publisher therefore sends echoes to a channel of this
 * process; if they do not arrive, the listener reconnects.
 *
 * @param listener a separate connection, since a subscribed connection can do nothing else
 */
export function subscribeEvents(
  listener: RedisClient,
  keyPrefix: string,
  onEvents: (events: readonly WireEvent[]) => void,
  test?: SubscriptionTest,
): { close(): void } {
  const channel = toChannel(keyPrefix);
  const echoChannel = `${channel}:echo:${randomUUID()}`;
  let lostEchoes = 0;
  listener.on('message', (from, message) => {
    if (from === echoChannel) {
      lostEchoes = 0;
      return;
    }
    const events: unknown = JSON.parse(message);
    if (Array.isArray(events)) onEvents(events);
  });
  // ioredis resubscribes after each reconnection, and queues the call before the first connection.
  listener.subscribe(channel, echoChannel).catch(() => undefined);
  const echo = () => void sendEcho().catch(() => undefined);
  const sendEcho = async () => {
    if (lostEchoes >= LOST_ECHOES_MAX) {
      lostEchoes = 0;
      listener.disconnect(true);
      return;
    }
    if (listener.status !== 'ready') return;
    await test?.publisher.publish(echoChannel, '');
    // Counted as lost until it arrives.
    lostEchoes += 1;
  };
  const testing = test && setInterval(echo, test.everyMs ?? ECHO_EVERY_MS);
  return {
    close: () => {
      clearInterval(testing);
      listener.disconnect();
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { DomainEvent, WireEvent } from '../contract/events.ts';
import type { RedisClient } from './connections.ts';

/** Returns the channel of all relayed events. Each message is a JSON array of events. */
function toChannel(keyPrefix: string): string {
  return `${keyPrefix}:events`;
}

/**
 * Publishes events to the current subscribers. A subscriber can miss events; MongoDB stores all of
 * them.
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

/**
 * How often a subscription is tested, and after how many lost echoes in a row the listener
 * reconnects.
 */
const ECHO_EVERY_MS = 3_000;
const LOST_ECHOES_TO_RECONNECT = 2;

interface SubscriptionTest {
  /** Sends the echoes: a separate connection, opened by `connectFailingFast`. */
  readonly publisher: RedisClient;
  readonly everyMs?: number;
}

/**
 * Subscribes to events until `close`, and resubscribes after an outage of Redis.
 *
 * A subscriber only receives, so no error shows that its connection is dead or leads to a server
 * that is no longer the primary. With `test`, a publisher therefore sends echoes to a channel that
 * only this subscription has; if they do not arrive, the listener reconnects.
 *
 * @param listener a separate connection, since a subscribed connection accepts no other commands;
 *   `close` disconnects it
 * @param test without it, a dead connection is not noticed
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
    const events = parseMessage(message);
    if (Array.isArray(events)) onEvents(events);
  });
  // ioredis resubscribes after each reconnection, and queues the call before the first connection.
  listener.subscribe(channel, echoChannel).catch(() => undefined);
  const sendEcho = async () => {
    if (lostEchoes >= LOST_ECHOES_TO_RECONNECT) {
      lostEchoes = 0;
      listener.disconnect(true);
      return;
    }
    if (test === undefined || listener.status !== 'ready') return;
    // The echo counts as lost until it arrives, which can be before the publisher's reply.
    lostEchoes += 1;
    try {
      await test.publisher.publish(echoChannel, '');
    } catch {
      // A failed publication shows nothing about the listener.
      lostEchoes = Math.max(0, lostEchoes - 1);
    }
  };
  const testing = test && setInterval(sendEcho, test.everyMs ?? ECHO_EVERY_MS);
  return {
    close: () => {
      clearInterval(testing);
      listener.disconnect();
    },
  };
}

/**
 * Returns undefined for text that is not JSON. No process of this system publishes such a message.
 */
function parseMessage(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

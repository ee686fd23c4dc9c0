import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { RedisClient } from './connections.ts';
import { subscribeEvents } from './event-bus.ts';

const EVERY_MS = 10;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Subscribes with a listener that gets each echo before the publisher gets its reply. */
function givenSubscription() {
  const disconnect = vi.fn();
  const listener = Object.assign(new EventEmitter(), {
    status: 'ready',
    disconnect,
    subscribe: async () => undefined,
  });
  const publish = vi.fn(async (channel: string) => listener.emit('message', channel, ''));
  const publisher = { publish } as unknown as RedisClient;
  const onEvents = vi.fn();
  const subscription = subscribeEvents(listener as unknown as RedisClient, 'test', onEvents, {
    ...{ publisher, everyMs: EVERY_MS },
  });
  onTestFinished(() => subscription.close());
  const tick = () => vi.advanceTimersByTimeAsync(EVERY_MS);
  return { listener, publish, disconnect, onEvents, tick };
}

test('the listener reconnects after two lost echoes in a row, and not after one', async () => {
  const { publish, disconnect, tick } = givenSubscription();
  await tick();
  publish.mockResolvedValueOnce(true);
  await tick();
  await tick();
  await tick();
  expect(disconnect).not.toHaveBeenCalled();
  publish.mockResolvedValueOnce(true).mockResolvedValueOnce(true);
  await tick();
  await tick();
  expect(disconnect).not.toHaveBeenCalled();
  await tick();
  expect(disconnect).toHaveBeenCalledExactlyOnceWith(true);
});

test('an echo that the publisher could not send does not count as lost', async () => {
  const { publish, disconnect, tick } = givenSubscription();
  publish.mockRejectedValue(new Error('no connection'));
  for (let ticks = 0; ticks < 5; ticks += 1) await tick();
  expect(publish).toHaveBeenCalledTimes(5);
  expect(disconnect).not.toHaveBeenCalled();
});

test('a message that is not a JSON array is ignored', () => {
  const { listener, onEvents } = givenSubscription();
  for (const message of ['not JSON', '', '{}']) listener.emit('message', 'test:events', message);
  expect(onEvents).not.toHaveBeenCalled();
  listener.emit('message', 'test:events', '[{"id":"evt_1"}]');
  expect(onEvents).toHaveBeenCalledExactlyOnceWith([{ id: 'evt_1' }]);
});

import { expect, test, vi } from 'vitest';
import { connectPatiently } from '../shared/queue/connections.ts';
import { ownRedis } from '../shared/testing/own-redis.ts';
import { waitForRedis } from './wait-for-redis.ts';

const redis = ownRedis();

test('waiting for Redis is logged with the reason, and ends when Redis is available', async () => {
  await redis.kill();
  const consumer = connectPatiently({ url: redis.url, onError: () => undefined });
  const warn = vi.fn();
  const waiting = waitForRedis(consumer, { warn });
  const reason = expect.stringContaining('ECONNREFUSED');
  const warned = () => warn.mock.calls[0];
  await expect.poll(warned, { timeout: 20_000 }).toEqual([{ reason }, 'waiting for Redis']);
  await redis.restart();
  await waiting;
  expect(consumer.status).toBe('ready');
  await waitForRedis(consumer, { warn });
  expect(warn).toHaveBeenCalledTimes(1);
  consumer.disconnect();
});

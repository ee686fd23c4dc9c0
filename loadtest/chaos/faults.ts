import { Redis } from 'ioredis';
import { pause } from '../../shared/runtime/deadline.ts';
import { findPrimary, stepDown } from '../../shared/services/replica-set.ts';
import type { Choices } from '../system/choices.ts';
import type { ChaosSystem } from './chaos-system.ts';

/**
 * Causes one fault and ends it. Afterwards all processes run again, but may not have recovered yet.
 */
type Fault = (system: ChaosSystem, choices: Choices) => Promise<void>;

/** Longer than a worker's lease and than the locks of its batch. */
const WORKER_FROZEN_MS = 10_000;
const REDIS_FROZEN_MS = 6_000;
const REDIS_DOWN_MS = 4_000;
const PRIMARY_DOWN_MS = 3_000;
const STEPPED_DOWN_S = 5;
const ELECTION_POLL_MS = 100;
const ELECTION_MS_MAX = 30_000;
const REDIS_TIMEOUT_MS = 2_000;

/** The faults of a campaign by name. */
export const FAULTS = {
  'worker-killed': async ({ workers }, { pick }) => {
    const worker = pick(workers);
    await worker.kill();
    await worker.start();
  },
  'worker-frozen': async ({ workers }, { pick }) => {
    const worker = pick(workers);
    worker.freeze();
    await pause(WORKER_FROZEN_MS);
    worker.thaw();
  },
  'worker-stopped': async ({ workers }, { pick }) => {
    const worker = pick(workers);
    await worker.stop();
    await worker.start();
  },
  'api-killed': async ({ apis }, { pick }) => {
    const api = pick(apis);
    await api.kill();
    await api.start();
  },
  'api-stopped': async ({ apis }, { pick }) => {
    const api = pick(apis);
    await api.stop();
    await api.start();
  },
  'redis-killed': async ({ redis }) => {
    await redis.kill();
    await pause(REDIS_DOWN_MS);
    await redis.start();
  },
  'redis-frozen': async ({ redis }) => {
    redis.freeze();
    await pause(REDIS_FROZEN_MS);
    redis.thaw();
  },
  'redis-wiped': (system) => onRedis(system, (redis) => redis.flushall()),
  'redis-connections-cut': (system) =>
    onRedis(system, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
  'primary-stepped-down': async (system) => {
    const primary = system.mongodb.members[await waitForPrimary(system)];
    // The connection may be cut before the answer.
    if (primary !== undefined) await stepDown(primary, STEPPED_DOWN_S).catch(() => undefined);
    await waitForPrimary(system);
  },
  'primary-killed': async (system) => {
    const { mongodb } = system;
    const index = await waitForPrimary(system);
    const primary = mongodb.members[index];
    if (primary === undefined) throw new RangeError(`there is no member ${index}`);
    process.kill(primary.pid, 'SIGKILL');
    await primary.exited;
    await pause(PRIMARY_DOWN_MS);
    await mongodb.restart(index);
    await waitForPrimary(system);
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

async function onRedis(
  { redisUrl }: ChaosSystem,
  work: (redis: Redis) => Promise<unknown>,
): Promise<void> {
  const redis = new Redis(redisUrl, { commandTimeout: REDIS_TIMEOUT_MS });
  redis.on('error', () => undefined);
  try {
    await work(redis);
  } finally {
    redis.disconnect();
  }
}

/**
 * Waits until MongoDB has a primary and returns its index.
 * @throws Error if the members elect no primary within 30 s
 */
async function waitForPrimary({ mongodb }: ChaosSystem): Promise<number> {
  const giveUpAt = performance.now() + ELECTION_MS_MAX;
  for (;;) {
    const index = await findPrimary(mongodb);
    if (index !== undefined) return index;
    if (performance.now() >= giveUpAt) throw new Error('the members of MongoDB elect no primary');
    await pause(ELECTION_POLL_MS);
  }
}

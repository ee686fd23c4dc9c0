import { expect } from 'vitest';
import { takeDrainedVerdict } from '../../shared/ledger/judging/drain.ts';
import { reconcile } from '../../shared/ledger/judging/reconcile.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenLedger } from '../../shared/testing/builders.ts';
import type { TestNamespace } from '../../shared/testing/harness.ts';
import { type Child, startChild } from './child.ts';

/** The real API and workers as child processes. */
export interface System {
  readonly apiUrl: string;
  readonly api: Child;
  readonly workers: readonly Child[];
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

interface SystemOptions {
  readonly workers: number;
  readonly env?: Record<string, string>;
  readonly redisUrl?: string;
}

/** Returns the environment of a process that runs in a test's namespace. */
export async function systemEnv(
  namespace: Pick<TestNamespace, 'mongodbUrl' | 'redisUrl' | 'keyPrefix'>,
  overrides: Record<string, string> = {},
): Promise<Record<string, string>> {
  return {
    MONGODB_URL: namespace.mongodbUrl,
    REDIS_URL: namespace.redisUrl,
    KEY_PREFIX: namespace.keyPrefix,
    PORT: String(await freePort()),
    OPS_USERNAME: 'ops',
    OPS_PASSWORD: 'a password for tests',
    LOG_LEVEL: 'warn',
    ...overrides,
  };
}

/** Starts an API and workers as child processes in the namespace; the caller stops them. */
export async function startSystem(
  namespace: TestNamespace,
  options: SystemOptions,
): Promise<System> {
  const redis = options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl };
  const env = await systemEnv(namespace, { ...redis, ...options.env });
  const [api, ...workers] = await Promise.all([
    startChild('api/main.ts', env),
    ...Array.from({ length: options.workers }, () => startChild('worker/main.ts', env)),
  ]);
  return {
    apiUrl: `http://127.0.0.1:${env['PORT']}`,
    api,
    workers,
    env,
    stop: async () => {
      await Promise.all([api, ...workers].map((child) => child.stop()));
    },
  };
}

/**
 * Waits until nothing is queued, then expects an ok verdict and no differences between counters and
 * orders. Returns the verdict.
 */
export async function expectVerdictOk(store: Store) {
  const verdict = await takeDrainedVerdict(store);
  const { differences } = await reconcile(givenLedger(store), { fix: false });
  const isOk = verdict.ok && verdict.pending === 0 && differences.length === 0;
  expect(isOk, JSON.stringify({ verdict, differences })).toBe(true);
  return verdict;
}

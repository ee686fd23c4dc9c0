import { beforeEach } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** The limits of wrong guesses in these tests. */
export const PER_ACCOUNT = 5;
export const PER_ADDRESS = 12;
const REDIS_TIMEOUT_MS = 30_000;

/** Starts two processes of one system for tests that guess passwords. The caller closes `apis`. */
export async function openGuessing() {
  const namespace = testNamespace();
  // The clock of the API. Redis uses its own clock for the windows of limits.
  const clock = { aheadMs: 0, now: () => new Date(Date.now() + clock.aheadMs) };
  const guesses = { perAccount: PER_ACCOUNT, perAddress: PER_ADDRESS };
  const start = async () => {
    const api = await startTestApi(namespace, { guesses, trustedProxies: 1, clock });
    waitForRedis(api);
    return api;
  };
  const apis: readonly [TestApi, TestApi] = [await start(), await start()];
  let addresses = 0;
  const newAddress = () => {
    addresses += 1;
    return `198.51.${100 + Math.floor(addresses / 250)}.${addresses % 250}`;
  };
  beforeEach(() => {
    clock.aheadMs = 0;
  });
  return {
    apis,
    clock,
    keyPrefix: namespace.keyPrefix,
    newAddress,
    /** Tries a login at the first process if `n` is even, otherwise at the second process. */
    guess: (n: number, email: string, address = newAddress(), password = 'a wrong password') => {
      const api = apis[n % 2 === 0 ? 0 : 1];
      const headers = { 'x-forwarded-for': address };
      return api.anonymous.post('/v1/auth/login', { email, password }, headers);
    },
  };
}

/**
 * Raises the timeout of an API's calls to Redis for a busy machine. After a timeout a process
 * counts by itself, so two processes would allow more guesses.
 */
function waitForRedis({ context: { redis } }: TestApi): void {
  if ('commandTimeout' in redis.options) redis.options.commandTimeout = REDIS_TIMEOUT_MS;
}

/** Counts the responses with a status. */
export function countStatus(
  answers: readonly { readonly status: number }[],
  status: number,
): number {
  return answers.filter((answer) => answer.status === status).length;
}

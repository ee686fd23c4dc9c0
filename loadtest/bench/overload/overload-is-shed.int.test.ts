import { expect, test } from 'vitest';
import { readEnv } from '../../../shared/runtime/env.ts';
import { givenVariants } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { promiseRuns } from '../../../shared/testing/promises.ts';
import { openTestStore } from '../../../shared/testing/test-store.ts';
import { givenApiKey } from '../../../tests/rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../../../tests/rig/system.ts';
import { startLoadGenerator } from '../load/start-load-generator.ts';
import { findBrokenPromises, measureOverload, measureSustained } from './measure-overload.ts';

const OVERLOAD = 3;
const SECONDS = promiseRuns(60, 2);
const FAIR = { checkouts: promiseRuns(10_000, 250), connections: promiseRuns(128, 32) };
/** The full form has the default limit; the short form sheds requests within two seconds. */
const REQUESTS_MAX = promiseRuns(readEnv({}).requestsInProgressMax, 50);
/** Wider in the short form, which runs while other tests run. */
const BOUNDS = {
  probeMsMax: promiseRuns(1_000, 10_000),
  recoveredMsMax: promiseRuns(5_000, 30_000),
};
const PLENTY = 10_000_000;
/** The short form floods once, because it sheds over any number of connections above its limit. */
const CONNECTIONS = [...new Set([500, promiseRuns(10_000, 500)])];
const SETTINGS = {
  REQUESTS_IN_PROGRESS_MAX: String(REQUESTS_MAX),
  KEY_REQUESTS_PER_MINUTE: '100000000',
  ADDRESS_REQUESTS_PER_MINUTE: '100000000',
};

const namespace = testNamespace();
const store = await openTestStore(namespace);

test.each(CONNECTIONS)(
  'promise 18: three times the sustained rate over %i connections: what is not refused is settled',
  async (connections) => {
    const system = await startSystem(namespace, { workers: 1, env: SETTINGS });
    const generator = await startLoadGenerator();
    try {
      const [variant] = await givenVariants(store, [{ onHand: PLENTY }]);
      const { apiUrl, api } = system;
      const apiKey = await givenApiKey(store, variant.shopId);
      const variantIds = [variant.variantId];
      const flooded = { generator, store, apiUrl, apiPid: api.pid, apiKey, variantIds };
      await measureSustained(flooded, FAIR);
      const sustained = await measureSustained(flooded, FAIR);
      const rate = Math.round(OVERLOAD * sustained.perSecond);
      const overload = { rate, seconds: SECONDS, connections, afterwards: FAIR };
      const sample = await measureOverload(flooded, sustained, overload);
      expect(findBrokenPromises(sample, BOUNDS), JSON.stringify(sample)).toEqual([]);
      expect(sample.accepted).toBeGreaterThan(0);
      // With fewer connections than requests that may be in progress, nothing has to be refused.
      if (connections > REQUESTS_MAX) expect(sample.codes['overloaded']).toBeGreaterThan(0);
      await expectVerdictOk(store);
    } finally {
      generator.stop();
      await system.stop();
    }
  },
  600_000,
);

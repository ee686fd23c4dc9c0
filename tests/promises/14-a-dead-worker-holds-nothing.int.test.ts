import { expect, test } from 'vitest';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { timed } from '../../shared/testing/timed.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const KILLS = promiseRuns(20, 1);
/** Another worker settles the checkouts of a dead worker, and later checkouts, within this time. */
const BOUND_MS = 15_000;

const namespace = testNamespace();

test(`after a worker is killed during a batch, its checkout and the next one settle in ${BOUND_MS} ms, ${KILLS} times`, async () => {
  const store = await openTestStore(namespace);
  const [variant] = await givenVariants(store, [{ onHand: 1_000 }]);
  const lines = [{ variantId: variant.variantId, quantity: 1 }];
  const system = await startSystem(namespace, { workers: 0 });
  const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      let successor: Child | undefined;
      const dying = await startChild('tests/rig/children/worker-dying-in-commit.ts', system.env);
      const first = await front.post(`first-${kill}`, lines);
      expect(await dying.exited).toBe('SIGKILL');
      try {
        const { result: outcomes, ms } = await timed(async () => {
          const starting = startChild('worker/main.ts', system.env);
          const next = await front.post(`next-${kill}`, lines);
          successor = await starting;
          return Promise.all([first, next].map(({ json }) => front.outcome(String(json['id']))));
        });
        expect(ms).toBeLessThan(BOUND_MS);
        expect(outcomes.map((outcome) => outcome.status)).toEqual(['placed', 'placed']);
      } finally {
        await successor?.stop();
      }
    }
    await expectVerdictOk(store);
    expect(await store.orders.countDocuments()).toBe(2 * KILLS);
  } finally {
    await system.stop();
  }
}, 600_000);

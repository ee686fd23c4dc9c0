import { expect, test } from 'vitest';
import { readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import { workLeases } from '../../shared/store/lease.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { systemEnv } from '../rig/system.ts';

const TAKEN_OVER_WITHIN_MS = 30_000;

const namespace = testNamespace({ isOwnDatabase: true });

test('when the worker that judges the record is killed, another worker continues within 30 s', async () => {
  const store = await openTestStore(namespace);
  const env = await systemEnv(namespace);
  const killed = await startChild('worker/main.ts', env);
  const owner = async () => (await workLeases(store).findOne({ _id: 'judge-record' }))?.owner;
  const status = async () => (await readJudgement(store, new Date())).status;
  try {
    const [variant] = await givenVariants(store, [{ onHand: 5 }]);
    await expect.poll(status, { timeout: TAKEN_OVER_WITHIN_MS }).toBe('ok');
    const first = await owner();
    const successor = await startChild('worker/main.ts', env);
    try {
      expect(await owner()).toBe(first);
      await killed.kill('SIGKILL');
      const stock = rawCollection(store, 'stock');
      await stock.updateOne({ _id: variant.variantId }, { $inc: { onHand: 1 } });
      await expect.poll(status, { timeout: TAKEN_OVER_WITHIN_MS }).toBe('broken');
      expect(await owner()).not.toBe(first);
    } finally {
      await successor.stop();
    }
  } finally {
    await killed.kill('SIGKILL');
    await store.close();
  }
}, 120_000);

import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../shared/testing/temporary-folder.ts';
import { newRunId, openRun, runStatePath, type StoredRun, saveRun } from './run-state.ts';
import { addResult, tallySchema } from './tally.ts';

const INPUTS = { catalogHash: 'c', invoicesHash: 'i', stock: 'exact', onError: 'stop' };
const AT = new Date('2030-01-01T12:00:00Z');
const NOW = { shopId: 'shp_1', restart: false, at: AT };

function run(changes: Partial<StoredRun> = {}): StoredRun {
  return {
    runId: newRunId(),
    shopId: 'shp_1',
    startedAt: new Date('2030-01-01T11:00:00Z'),
    savedAt: new Date('2030-01-01T11:30:00Z'),
    isFinished: false,
    done: { before: 5, beyond: [7] },
    tally: tallySchema.parse({ placed: 6 }),
    ...changes,
  };
}

async function givenStored(stored: StoredRun): Promise<string> {
  const path = runStatePath(await temporaryFolder(), INPUTS);
  await saveRun(path, stored);
  return path;
}

test('continues an interrupted run with its complete state', async () => {
  const stored = run();
  const beginning = await openRun(await givenStored(stored), NOW);
  expect(beginning).toEqual({ kind: 'resume', run: stored, why: 'continued' });
});

test.each([
  ['the last run finished', run({ isFinished: true }), NOW, 'finished'],
  ['--restart is set', run(), { ...NOW, restart: true }, '--restart'],
  ['the shop is a different one', run(), { ...NOW, shopId: 'shp_2' }, 'different shop'],
  [
    'the idempotency keys may have expired',
    run(),
    { ...NOW, at: new Date('2030-01-02T10:30:01Z') },
    '23 hours',
  ],
])('a new run begins when %s', async (_, stored, now, why) => {
  const beginning = await openRun(await givenStored(stored), now);
  expect(beginning).toEqual({ kind: 'new', why: expect.stringContaining(why) });
});

test('starts a new run if the state is missing or damaged', async () => {
  const path = runStatePath(await temporaryFolder(), INPUTS);
  expect(await openRun(path, NOW)).toMatchObject({ kind: 'new', why: 'a new run' });
  await writeFile(path, '{"runId":"x"');
  expect(await openRun(path, NOW)).toMatchObject({ why: expect.stringContaining('damaged') });
});

test('the window and the stock identify a run', () => {
  const path = runStatePath('/data', INPUTS);
  expect(runStatePath('/data', { ...INPUTS })).toBe(path);
  expect(runStatePath('/data', { ...INPUTS, stock: 'half' })).not.toBe(path);
  expect(runStatePath('/data', { ...INPUTS, to: 1 })).not.toBe(path);
  expect(runStatePath('/data', { ...INPUTS, from: 1 })).not.toBe(
    runStatePath('/data', { ...INPUTS, to: 1 }),
  );
});

test('counts outcomes by kind, and the first 20 kinds of refusals separately', () => {
  const tally = tallySchema.parse({});
  addResult(tally, { kind: 'placed', confirmed: 1, unconfirmed: 0, refusals: ['500'] }, 3);
  addResult(tally, { kind: 'rejected', code: 'out_of_stock' }, 2);
  addResult(tally, { kind: 'failed' }, 1);
  for (let status = 400; status < 430; status += 1) {
    addResult(tally, { kind: 'refused', answer: String(status) }, 1);
  }
  const { refusals, ...counts } = tally;
  expect(counts).toEqual({
    ...{ accepted: 3, placed: 1, rejected: 1, failed: 31, confirmed: 1, unconfirmed: 0, rows: 36 },
    rejections: { out_of_stock: 1 },
    confirmationRefusals: { '500': 1 },
  });
  expect(refusals).toMatchObject({ '400': 1, other: 10 });
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { writeAudit } from '../../../../shared/audit/write-audit.ts';
import type { AuditRecord } from '../../../../shared/store/collections/audit.ts';
import { testNamespace } from '../../../../shared/testing/harness.ts';
import { idAt } from '../../../../shared/testing/id-at.ts';
import { openTestStore } from '../../../../shared/testing/test-store.ts';
import { MarkReader } from './read-marks.ts';

const store = await openTestStore(testNamespace());
const MINUTE_S = 60;
/** Each test uses its own hours, so that it does not read the entries of other tests. */
let hour = 0;

/** Returns a function that returns the time a number of seconds after the start of the test. */
function startTimes(): (second: number) => Date {
  hour += 2;
  const start = Date.UTC(2030, 0, 1, hour);
  return (second) => new Date(start + second * 1_000);
}

function note(at: Date, text: string, fields: Partial<AuditRecord> = {}): Promise<void> {
  const entry: AuditRecord = {
    _id: idAt('aud', at, text),
    at,
    action: 'ops.annotated',
    actor: { kind: 'operator', id: 'ada' },
    outcome: 'done',
    requestId: `req_${text}`,
    detail: { text },
    ...fields,
  };
  return writeAudit(store, [entry]);
}

async function readTexts(reader: MarkReader, now: Date): Promise<string[]> {
  return (await reader.read(now)).map(({ text }) => text);
}

test('marks are what operators did, newest first, without entries of shops and refused actions', async () => {
  const at = startTimes();
  await note(at(1), 'first');
  await note(at(2), 'moved', { action: 'order.moved', shopId: 'shp_1' });
  await note(at(3), 'refused', { action: 'ops.settling_paused', outcome: 'refused' });
  const detail = { title: 'Linen shirt' };
  await note(at(4), 'ended', { action: 'ops.sale_ended', shopId: 'shp_1', detail });
  const marks = await new MarkReader(store).read(at(5));
  expect(marks).toEqual([
    {
      id: idAt('aud', at(4), 'ended'),
      at: at(4),
      text: 'Sale ended: Linen shirt',
      by: 'ada',
    },
    { id: idAt('aud', at(1), 'first'), at: at(1), text: 'first', by: 'ada' },
  ]);
});

test('the reader reads at most once a second, and finds entries that were stored meanwhile or a little late', async () => {
  const at = startTimes();
  const reads = vi.spyOn(store.audit, 'aggregate');
  onTestFinished(() => reads.mockRestore());
  const reader = new MarkReader(store);
  await note(at(0), 'first');
  expect(await readTexts(reader, at(4))).toEqual(['first']);
  await note(at(4.1), 'second');
  expect(await readTexts(reader, at(4.5))).toEqual(['first']);
  expect(reads).toHaveBeenCalledTimes(1);
  expect(await readTexts(reader, at(5))).toEqual(['second', 'first']);
  expect(reads).toHaveBeenCalledTimes(2);
  // The id of this entry is from before the last read, but the entry is stored after that read.
  await note(at(0.5), 'late');
  expect(await readTexts(reader, at(6))).toEqual(['second', 'late', 'first']);
});

test('a mark disappears after ten minutes, for a new reader and for a reader that has read it', async () => {
  const at = startTimes();
  const reader = new MarkReader(store);
  await note(at(0), 'first');
  await note(at(MINUTE_S), 'second');
  expect(await readTexts(reader, at(10 * MINUTE_S))).toEqual(['second', 'first']);
  expect(await readTexts(reader, at(10 * MINUTE_S + 1))).toEqual(['second']);
  expect(await readTexts(new MarkReader(store), at(10 * MINUTE_S + 1))).toEqual(['second']);
});

test('a failed read is tried again a second later, and no entry is left out', async () => {
  const at = startTimes();
  const reader = new MarkReader(store);
  await note(at(0), 'first');
  expect(await readTexts(reader, at(1))).toEqual(['first']);
  const failing = vi.spyOn(store.audit, 'aggregate').mockImplementation(() => {
    throw new Error('MongoDB does not answer');
  });
  onTestFinished(() => failing.mockRestore());
  await note(at(2), 'second');
  for (let second = 2; second < 20; second += 1) {
    await expect(reader.read(at(second))).rejects.toThrow('MongoDB does not answer');
  }
  failing.mockRestore();
  expect(await readTexts(reader, at(20))).toEqual(['second', 'first']);
});

import { expect, test } from 'vitest';
import { MARKS_MAX, type MarkEntry, toMarks } from './marks.ts';

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 12, 0, second));
const operator = { kind: 'operator', id: 'ada' } as const;

function entry(second: number, fields: Partial<MarkEntry>): MarkEntry {
  const base = { actor: operator, requestId: `req_${second}`, action: 'ops.annotated' } as const;
  return { _id: `aud_${String(second).padStart(3, '0')}`, at: at(second), ...base, ...fields };
}

const board = '/ops/queues/api/queues';

test.each<[string, Partial<MarkEntry>, string]>([
  ['a pause', { action: 'ops.settling_paused' }, 'Settling paused'],
  ['a resumption', { action: 'ops.settling_resumed' }, 'Settling resumed'],
  [
    'the end of a sale by its title',
    { action: 'ops.sale_ended', target: 'prd_1', detail: { title: 'Linen shirt' } },
    'Sale ended: Linen shirt',
  ],
  [
    'the end of a sale by its product, if the entry has no title',
    { action: 'ops.sale_ended', target: 'prd_1', detail: {} },
    'Sale ended: prd_1',
  ],
  [
    'a demo sale',
    { action: 'ops.demo_sale_started', detail: { sku: 'DEMO-1', units: 3 } },
    'Demo sale started: DEMO-1',
  ],
  ['a replay', { action: 'ops.checkout_replayed', target: 'chk_1' }, '1 parked checkout replayed'],
  [
    'a pause on the board',
    { action: 'ops.job_changed', target: `${board}/checkouts/pause` },
    'Queue checkouts paused on the board',
  ],
  [
    'all queues resumed on the board',
    { action: 'ops.job_changed', target: `${board}/resume` },
    'All queues resumed on the board',
  ],
  [
    'a repair of the record',
    { action: 'ops.reconciled', detail: { differences: 3, repaired: 2, left: 1 } },
    'Record reconciled: 2 repairs',
  ],
  ['a note', { action: 'ops.annotated', detail: { text: 'k6 hot: passed' } }, 'k6 hot: passed'],
])('a mark describes %s', (_, fields, text) => {
  expect(toMarks([entry(1, fields)])).toEqual([{ id: 'aud_001', at: at(1), text, by: 'ada' }]);
});

test('entries of other changes are not marks', () => {
  const entries = [
    entry(4, { action: 'ops.job_changed', target: `${board}/checkouts/clean/completed` }),
    entry(3, { action: 'ops.job_changed', target: `${board}/checkouts/job-1/retry` }),
    entry(2, { action: 'ops.command', detail: { command: 'list-keys' } }),
    entry(1, { action: 'shop.changed' }),
  ];
  expect(toMarks(entries)).toEqual([]);
});

test('entries of one request are one mark, at the time of the first', () => {
  const replayed = (second: number, requestId: string) =>
    entry(second, { action: 'ops.checkout_replayed', requestId });
  const entries = [replayed(4, 'b'), replayed(3, 'a'), replayed(2, 'a'), replayed(1, 'a')];
  expect(toMarks(entries)).toEqual([
    { id: 'aud_004', at: at(4), text: '1 parked checkout replayed', by: 'ada' },
    { id: 'aud_001', at: at(1), text: '3 parked checkouts replayed', by: 'ada' },
  ]);
});

test('repairs by the reconcile command within one minute are one mark', () => {
  const repaired = (second: number): MarkEntry => {
    const actor = { kind: 'operator', id: 'reconcile' } as const;
    const { requestId: _, ...fields } = entry(second, { action: 'ops.command', actor });
    return fields;
  };
  expect(toMarks([repaired(61), repaired(59), repaired(1)])).toEqual([
    { id: 'aud_061', at: at(61), text: 'Reconcile: 1 repair', by: 'reconcile' },
    { id: 'aud_001', at: at(1), text: 'Reconcile: 2 repairs', by: 'reconcile' },
  ]);
});

test('only the latest marks are returned', () => {
  const entries = Array.from({ length: MARKS_MAX + 5 }, (_, index) =>
    entry(59 - index, { detail: { text: `note ${index}` } }),
  );
  const texts = toMarks(entries).map(({ text }) => text);
  expect(texts).toEqual(Array.from({ length: MARKS_MAX }, (_, index) => `note ${index}`));
});

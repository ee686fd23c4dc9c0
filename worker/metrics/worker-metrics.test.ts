import { expect, test } from 'vitest';
import type { DomainEvent, EventType } from '../../shared/contract/events.ts';
import { toOutboxEntry } from '../../shared/ledger/commit.ts';
import { idAt } from '../../shared/testing/id-at.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const START = Date.UTC(2026, 2, 1, 10);

/**
 * Returns the printed times to outcomes after a commit, `ms` after the requests of its checkouts.
 */
async function printAfter(ms: number, events: readonly [EventType, Partial<DomainEvent>][]) {
  const metrics = createWorkerMetrics();
  const drafts = events.map(([type, changes], index) => ({
    ...{ type, seq: 1, shopIds: ['shp_1'], data: {} },
    subjectId: idAt('chk', new Date(START), `checkout ${index}`),
    ...changes,
  }));
  metrics.committed(toOutboxEntry(drafts, new Date(START + ms)));
  const lines = (await metrics.print()).split('\n');
  return lines.filter((line) => /^lastunit_checkout_outcome_seconds_(sum|count)/.test(line));
}

test('the time from the request to the outcome is observed by outcome', async () => {
  const data = { code: 'out_of_stock' };
  const printed = await printAfter(200, [
    ['checkout.placed', {}],
    ['checkout.rejected', { data }],
    ['checkout.rejected', { data }],
    ['stock.depleted', { subjectId: 'var_1' }],
  ]);
  expect(printed.toSorted()).toEqual([
    'lastunit_checkout_outcome_seconds_count{outcome="placed"} 1',
    'lastunit_checkout_outcome_seconds_count{outcome="rejected"} 2',
    'lastunit_checkout_outcome_seconds_sum{outcome="placed"} 0.2',
    'lastunit_checkout_outcome_seconds_sum{outcome="rejected"} 0.4',
  ]);
});

test('checkouts that waited or were replayed are not in the times to the outcome', async () => {
  const printed = await printAfter(3_600_000, [
    ['checkout.waiting', {}],
    ['checkout.placed', { seq: 2, data: { wasWaiting: true } }],
    // The entry of a draw waits from the beginning.
    ['checkout.rejected', { data: { code: 'not_drawn', wasWaiting: true } }],
    ['checkout.placed', { seq: 2 }],
  ]);
  expect(printed).toEqual([]);
});

test('rejections are counted by code, and each code begins at 0', async () => {
  const metrics = createWorkerMetrics();
  const code = 'purchase_limit_reached';
  const subject = {
    subjectId: idAt('chk', new Date(START), 'one'),
    seq: 1,
    shopIds: ['shp_1'],
  };
  const event = { ...subject, type: 'checkout.rejected', data: { code } } as const;
  metrics.committed(toOutboxEntry([event], new Date(START)));
  const printed = await metrics.print();
  expect(printed).toContain(`lastunit_checkouts_rejected_total{code="${code}"} 1`);
  expect(printed).toContain('lastunit_checkouts_rejected_total{code="not_drawn"} 0');
});

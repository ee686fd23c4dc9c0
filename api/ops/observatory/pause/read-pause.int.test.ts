import { expect, onTestFinished, test, vi } from 'vitest';
import { writeAudit } from '../../../../shared/audit/write-audit.ts';
import type { AuditRecord } from '../../../../shared/store/collections/audit.ts';
import { testNamespace } from '../../../../shared/testing/harness.ts';
import { idAt } from '../../../../shared/testing/id-at.ts';
import { openTestStore } from '../../../../shared/testing/test-store.ts';
import { PauseReader } from './read-pause.ts';

const store = await openTestStore(testNamespace());
const queue = { bulls: [{ name: 'checkouts' }, { name: 'checkouts-1' }] };
const at = (second: number) => new Date(Date.UTC(2030, 0, 1) + second * 1_000);
const noJobs = { waiting: 0, active: 0, delayed: 0, failed: 0 };

/** Returns the figures of two partitions. Those with these numbers are paused. */
const paused = (...numbers: number[]) =>
  [0, 1].map((partition) => ({ partition, isPaused: numbers.includes(partition), ...noJobs }));

function note(second: number, id: string, fields: Partial<AuditRecord>): Promise<void> {
  const actor = { kind: 'operator', id } as const;
  const entry = { _id: idAt('aud', at(second), id), at: at(second), actor };
  return writeAudit(store, [
    { ...entry, action: 'ops.settling_paused', outcome: 'done', ...fields },
  ]);
}

test('a pause is attributed to its operator as soon as the audit log contains it', async () => {
  const reads = vi.spyOn(store.audit, 'aggregate');
  onTestFinished(() => reads.mockRestore());
  const reader = new PauseReader(store, queue);
  expect(await reader.read(paused(), at(0))).toBeNull();
  expect(reads).not.toHaveBeenCalled();
  expect(await reader.read(paused(0, 1), at(1))).toEqual({ partitions: null });
  await note(1, 'ada', {});
  await note(2, 'eve', { outcome: 'refused' });
  await note(3, 'bob', { action: 'order.moved', shopId: 'shp_1' });
  expect(await reader.read(paused(0, 1), at(2))).toEqual({ partitions: null });
  const known = { by: 'ada', since: at(1) };
  expect(await reader.read(paused(0, 1), at(3))).toEqual({ partitions: null, ...known });
  expect(reads).toHaveBeenCalledTimes(2);

  await note(4, 'bob', { action: 'ops.settling_resumed' });
  expect(await reader.read(paused(), at(5))).toBeNull();
  const target = '/ops/queues/api/queues/checkouts-1/pause';
  await note(6, 'eve', { action: 'ops.job_changed', target });
  const onBoard = { partitions: [1], by: 'eve', since: at(6) };
  expect(await reader.read(paused(1), at(6))).toEqual(onBoard);
  // A program paused through BullMQ itself, so the operator is unknown.
  expect(await new PauseReader(store, queue).read(paused(0), at(7))).toEqual({ partitions: [0] });
});

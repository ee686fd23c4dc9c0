import { expect, test } from 'vitest';
import { findLimit } from './assemble.ts';
import type { PartReport } from './report.ts';

function part(cpuMicrosTotal: number, isOnPath = true): PartReport {
  const cpuMicros = { client: 0, api: cpuMicrosTotal, redis: 0, worker: 0, mongod: 0 };
  return { name: 'a part', perSecond: 1, cpuMicros, cpuMicrosTotal, isOnPath };
}

test('the limit is the cores divided by the CPU seconds of the parts on the path', () => {
  const parts = [part(100), part(50), part(50), part(1_000, false)];
  const limit = findLimit(parts, 2, { perSecond: 4_000, cpuMicrosTotal: 400 });
  expect(limit.cpuMicrosPerCheckout).toBe(200);
  expect(limit.perSecond).toBe(10_000);
  expect(limit.hotOnAllCores).toBe(5_000);
  expect(limit.share).toBeCloseTo(0.4);
  expect(limit.cpuShare).toBeCloseTo(0.5);
});

import { expect, test } from 'vitest';
import { toNextStep } from './draw-step.ts';

const now = new Date(Date.UTC(2026, 2, 1, 10));
const later = (ms: number) => new Date(now.getTime() + ms);
const HOUR_MS = 3_600_000;

const draw = {
  ...({ status: 'scheduled', opensAt: later(1), closesAt: later(2) } as const),
  ...{ held: 3, openOrders: 0, position: 0 },
};
const closed = { ...draw, status: 'closed', closedAt: later(-1), entryCount: 5 } as const;

test.each([
  ['a draw that has not opened', draw, { step: 'open', at: later(1) }],
  [
    'a draw whose opening is not announced yet',
    { ...draw, opensAt: now },
    { step: 'close', at: later(2) },
  ],
  ['an open draw', { ...draw, status: 'open', opensAt: now }, { step: 'close', at: later(2) }],
  ['a closed draw with units and entries', closed, { step: 'place' }],
  [
    'a draw whose orders are pending',
    { ...closed, held: 0, openOrders: 2, position: 3 },
    { step: 'await_orders', orders: 2, at: later(24 * HOUR_MS - 1) },
  ],
  ['a draw whose orders are all decided', { ...closed, held: 0 }, { step: 'give_back' }],
  [
    'a draw without further entries',
    { ...closed, openOrders: 1, position: 5 },
    { step: 'give_back' },
  ],
  [
    'a draw that gives out no more units',
    { ...closed, held: 0, isFinishing: true },
    { step: 'reject' },
  ],
  ['a settled draw', { ...closed, status: 'settled' }, { step: 'none' }],
  ['a cancelled draw', { ...draw, status: 'cancelled' }, { step: 'none' }],
] as const)('the next step of %s', (_, fields, expected) => {
  expect(toNextStep(fields, now)).toEqual(expected);
});

import { expect, test, vi } from 'vitest';
import { RefusedError } from '../../shared/domain/errors.ts';
import { QueueFullError } from '../../shared/runtime/group-commit.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import { LoadShedder } from './load-shedder.ts';

const FULL = new RefusedError('overloaded', 'Full.', [], { reason: 'checkouts_waiting' });

function givenShedder({ refusal }: { refusal?: RefusedError } = {}) {
  const onShed = vi.fn();
  const log = createLogger('test', 'silent');
  const warn = vi.spyOn(log, 'warn');
  const refusalOfCheckouts = () => refusal;
  const shedder = new LoadShedder({ requestsMax: 2, refusalOfCheckouts, onShed, log });
  return { shedder, onShed, warn };
}

function refusalOf(check: () => unknown): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
  }
}

test('requests beyond the limit are refused until a request in progress ends', () => {
  const { shedder } = givenShedder();
  const leave = shedder.enter('other');
  shedder.enter('checkout');
  for (const lane of ['other', 'checkout'] as const) {
    expect(refusalOf(() => shedder.check(lane))).toMatchObject({
      code: 'overloaded',
      extra: {
        reason: 'requests_in_progress',
        retryAfterS: expect.toSatisfy((s) => s >= 1 && s <= 3),
      },
    });
    expect(refusalOf(() => shedder.enter(lane))).toBeInstanceOf(RefusedError);
  }
  leave();
  leave();
  expect(shedder.inProgress).toBe(1);
  shedder.check('other');
});

test('requests of the lane `status` are neither counted nor refused', () => {
  const { shedder } = givenShedder({ refusal: FULL });
  for (let n = 0; n < 5; n += 1) shedder.enter('status');
  expect(shedder.inProgress).toBe(0);
  shedder.enter('other');
  shedder.enter('other');
  shedder.check('status');
});

test('a full backlog refuses new checkouts and nothing else', () => {
  const { shedder } = givenShedder({ refusal: FULL });
  expect(refusalOf(() => shedder.check('checkout'))).toBe(FULL);
  shedder.check('other');
});

test('refusals because of load are counted by reason, and each reason is logged once', () => {
  const { shedder, onShed, warn } = givenShedder();
  for (let n = 0; n < 3; n += 1) shedder.recordIfShed(FULL);
  shedder.recordIfShed(new QueueFullError('jobs'));
  shedder.recordIfShed(new RefusedError('not_found', 'Nothing.'));
  shedder.recordIfShed(new Error('a fault'));
  const reasons = onShed.mock.calls.map(([reason]) => reason);
  expect(reasons).toEqual([...Array(3).fill('checkouts_waiting'), 'queue_full']);
  expect(warn).toHaveBeenCalledTimes(2);
});

import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import type { AdjustmentResult } from '../../shared/ledger/adjust-stock.ts';
import { presentLevel } from './present-stock.ts';

type RefusalCode = Extract<AdjustmentResult, { kind: 'refused' }>['code'];

/** What is told of an adjustment that was not made, with the level that refused it. */
export function toRefusal(
  code: RefusalCode,
  level: StockLevel,
  { amountPath, movementId }: { readonly amountPath: string; readonly movementId: string },
): RefusedError {
  const { onHand, reserved } = level;
  const path = PATH[code] ?? amountPath;
  const message = describeRefusal(code, level);
  const extra = code === 'idempotency_key_reused' ? { movementId } : { onHand, reserved };
  return new RefusedError(code, message, [{ path, message }], {
    ...extra,
    ...(IS_STALE.has(code) && { level: presentLevel(level) }),
  });
}

/** Where the caller is to look, if not at the amount. */
const PATH: Partial<Readonly<Record<RefusalCode, string>>> = {
  precondition_failed: 'If-Match',
  stock_changed: 'expectedOnHand',
  idempotency_key_reused: 'Idempotency-Key',
};

/** Those who decided on an older level are given the one that there is. */
const IS_STALE: ReadonlySet<RefusalCode> = new Set(['precondition_failed', 'stock_changed']);

function describeRefusal(code: RefusalCode, { onHand, reserved, version }: StockLevel): string {
  switch (code) {
    case 'precondition_failed':
      return `The level has changed since: it is at version ${version}.`;
    case 'stock_changed':
      return `There are ${onHand} units on hand now.`;
    case 'stock_below_reserved':
      return `Of ${onHand} units on hand ${reserved} are reserved; fewer cannot be left.`;
    case 'stock_out_of_range':
      return `There are ${onHand} units on hand; there can be ${ON_HAND_MAX} at most.`;
    case 'idempotency_key_reused':
      return 'This Idempotency-Key stands for another request.';
  }
}

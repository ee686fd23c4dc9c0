import type { StockDifference } from '../../shared/domain/judging/differences.ts';
import type { Verdict } from '../../shared/domain/judging/verdict.ts';
import type { Reconciliation } from '../../shared/ledger/judging/reconcile.ts';

/** What a person is told, a line for each difference and the verdict as JSON on the last. */
export function reportOf(found: Reconciliation, verdict: Verdict): string {
  const { differences, repaired, unrepairable, left } = found;
  const lines = [
    ...differences.map(sentenceOf),
    differences.length === 0 ? 'no differences' : `${count(differences.length, 'difference')}`,
    ...repaired.map(
      ({ variantId, version }) => `${variantId}: repaired, its stock is at version ${version} now`,
    ),
    ...unrepairable.map(({ variantId, reason }) => `${variantId}: not repaired: ${reason}`),
    ...(repaired.length === 0 ? [] : [`${count(left.length, 'difference')} left`]),
    JSON.stringify(verdict),
  ];
  return lines.join('\n');
}

function sentenceOf(difference: StockDifference): string {
  return `${difference.variantId}: ${detailOf(difference)}`;
}

function detailOf(difference: StockDifference): string {
  switch (difference.kind) {
    case 'counter':
      return `${difference.counter} is ${difference.stored}, the records say ${difference.expected}`;
    case 'history':
      return `changes of ${difference.counter} come to ${difference.recorded}, orders to ${difference.expected}`;
    case 'version_gap':
      return difference.from === difference.to
        ? `the change that made version ${difference.from} is missing`
        : `the changes that made versions ${difference.from} to ${difference.to} are missing`;
    case 'version_clash':
      return `more than one change made version ${difference.version}`;
    case 'version_outside':
      return `a change made version ${difference.version}, but stock is at ${difference.storedVersion}`;
    case 'stock_missing':
      return 'it has orders or movements and no stock level';
  }
}

function count(things: number, name: string): string {
  return `${things} ${name}${things === 1 ? '' : 's'}`;
}

import type { Verdict } from '../../shared/domain/judging/verdict.ts';
import type { Reconciliation, RecordDifference } from '../../shared/ledger/judging/reconcile.ts';

/** What a person is told, a line for each difference and the verdict as JSON on the last. */
export function reportOf(found: Reconciliation, verdict: Verdict): string {
  const { differences, repaired, unrepairable, left } = found;
  const lines = [
    ...differences.map(sentenceOf),
    differences.length === 0 ? 'no differences' : `${count(differences.length, 'difference')}`,
    ...repaired.map((each) => `${idOf(each)}: repaired, it is at version ${each.version} now`),
    ...unrepairable.map((each) => `${idOf(each)}: not repaired: ${each.reason}`),
    ...(repaired.length === 0 ? [] : [`${count(left.length, 'difference')} left`]),
    JSON.stringify(verdict),
  ];
  return lines.join('\n');
}

function sentenceOf(difference: RecordDifference): string {
  return `${idOf(difference)}: ${detailOf(difference)}`;
}

function idOf(about: { readonly variantId: string } | { readonly discountId: string }): string {
  return 'variantId' in about ? about.variantId : about.discountId;
}

function detailOf(difference: RecordDifference): string {
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
    case 'discount_missing':
      return `${difference.expected} orders use it, but there is no such discount`;
    case 'uses':
      return `it has ${difference.stored} uses, orders have ${difference.expected}`;
    case 'uses_over_limit':
      return `${difference.uses} orders use it, ${difference.usageLimit} may`;
    case 'use_version_clash':
      return `more than one use made version ${difference.version}`;
    case 'use_version_outside':
      return `a use made version ${difference.version}, but it is at ${difference.storedVersion}`;
  }
}

function count(things: number, name: string): string {
  return `${things} ${name}${things === 1 ? '' : 's'}`;
}

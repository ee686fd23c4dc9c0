import type { RecordDifference } from './reconcile.ts';

/** Describes a contradiction in the record, in words that follow the id of its subject. */
export function describeDifference(difference: RecordDifference): string {
  switch (difference.kind) {
    case 'counter':
      return `${difference.counter} is ${difference.stored}, but its records add up to ${difference.expected}`;
    case 'history':
      return `the changes of ${difference.counter} add up to ${difference.recorded}, but its orders add up to ${difference.expected}`;
    case 'change_shape':
      return `the change to version ${difference.version} (${difference.change}) moves units in an invalid way`;
    case 'version_gap':
      return difference.from === difference.to
        ? `the change that made version ${difference.from} is missing`
        : `the changes that made versions ${difference.from} to ${difference.to} are missing`;
    case 'version_clash':
      return `more than one change made version ${difference.version}`;
    case 'version_outside':
      return `a change made version ${difference.version}, but the stock level is at version ${difference.storedVersion}`;
    case 'draw_held':
      return `its draw ${difference.drawId} holds ${difference.stored} units, but the orders of the draw leave ${difference.expected}`;
    case 'stock_missing':
      return 'it has orders or movements but no stock level';
    case 'discount_missing':
      return `${difference.expected} orders use it, but there is no such discount`;
    case 'uses':
      return `it counts ${difference.stored} uses, but its orders add up to ${difference.expected}`;
    case 'uses_over_limit':
      return `${difference.uses} orders use it, but only ${difference.usageLimit} may`;
    case 'buyer_uses_over_limit':
      return `${difference.uses} orders of ${difference.buyerKey} use it, but only ${difference.usageLimitPerBuyer} may`;
    case 'use_version_clash':
      return `more than one use made version ${difference.version}`;
    case 'use_version_outside':
      return `a use made version ${difference.version}, but the discount is at version ${difference.storedVersion}`;
    case 'purchase_limit_exceeded':
      return `${difference.buyerKey} has bought ${difference.bought} units, including order ${difference.orderId}, but the limit is ${difference.limit}`;
    case 'purchase_version_clash':
      return `more than one purchase of ${difference.buyerKey} made version ${difference.version}`;
    case 'order_field':
      if (difference.expected === null)
        return `${difference.field} is ${difference.stored}, but its line has no valid units`;
      return `${difference.field} is ${difference.stored}, but its checkout has ${difference.expected}`;
    case 'order_status':
      return `its status is ${difference.status}, but its history ends with ${difference.recorded}`;
  }
}

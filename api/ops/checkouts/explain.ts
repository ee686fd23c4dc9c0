import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { MovementRecord } from '../../../shared/store/collections/movements.ts';

type Change = Pick<MovementRecord, 'version' | 'kind' | 'delta' | 'at'>;

/** What is known about the stock level that caused a rejection; `version` is its version. */
export interface SeenStock {
  readonly variantId: string;
  readonly version: number;
  /** The last movement up to `version`. The versions after this movement are reservations. */
  readonly before?: Change;
  /** The first recorded movement after `version`. */
  readonly after?: Change;
  /** The version of the stock now. */
  readonly currentVersion?: number;
}

type Explained = Pick<CheckoutRecord, 'status' | 'rejection' | 'failure' | 'lines' | 'total'>;

/** Returns one sentence about how a checkout ended and why. */
export function explainOutcome(checkout: Explained, stock: SeenStock | undefined): string {
  const { status, failure } = checkout;
  if (status === 'placed') return 'It was placed: its units were reserved.';
  if (status === 'failed') return `It could not be settled: ${failure ?? 'the reason is unknown'}.`;
  if (status !== 'rejected') return 'It has no outcome yet.';
  return `It was refused because ${explainRejection(checkout)}${explainStock(stock)}.`;
}

function explainRejection({ rejection, lines, total }: Explained): string {
  if (rejection === undefined) return 'of a reason that was not recorded';
  const { code, variantId, requested = 0, available = 0, discountCode, productId } = rejection;
  const sku = lines.find((line) => line.variantId === variantId)?.sku ?? variantId;
  switch (code) {
    case 'out_of_stock':
      return `${units(requested)} of ${sku} ${requested === 1 ? 'was' : 'were'} requested and ${available} ${available === 1 ? 'was' : 'were'} available`;
    case 'held_share_reached':
      return (
        `${units(requested)} of ${sku} ${requested === 1 ? 'was' : 'were'} requested, and storefronts ` +
        `that the seller does not list could hold ${available} more`
      );
    case 'purchase_limit_reached':
      return (
        `the buyer may buy ${units(rejection.limit ?? 0)} of ${sku ?? productId} and had bought ` +
        `${rejection.bought ?? 0} when it requested ${requested} more`
      );
    case 'too_many_lapsed_holds':
      return (
        `the buyer’s reservations for the product of ${sku ?? productId} had lapsed (orders ` +
        `${(rejection.lapsedOrderIds ?? []).join(', ')}), and the checkout was not to wait`
      );
    case 'discount_exhausted':
      return `the code ${discountCode} was used up (${rejection.reason})`;
    case 'discount_not_applicable':
      return `the code ${discountCode} did not apply (${rejection.reason})`;
    case 'price_changed':
      return `its total was ${total} and not what the buyer expected`;
    case 'product_unavailable':
      return `${sku ?? 'a product'} was no longer for sale`;
    case 'withdrawn':
      return 'its buyer or storefront withdrew it';
    case 'wait_over':
      return 'it waited for units until its time or the sale was over';
    case 'not_drawn':
      return 'its draw gave it no units, or was cancelled';
    default:
      return `of ${code}`;
  }
}

function explainStock(stock: SeenStock | undefined): string {
  if (stock === undefined) return '';
  const { version, before, after, currentVersion } = stock;
  const seen =
    before === undefined
      ? ''
      : before.version === version
        ? `, the result of ${describe(before)}`
        : `, the result of a reservation after ${describe(before)}`;
  const next =
    after !== undefined
      ? `; the next movement was ${describe(after)}`
      : currentVersion === version
        ? '; it has not changed since'
        : '';
  return `, at version ${version} of its stock${seen}${next}`;
}

function describe({ kind, version, delta, at }: Change): string {
  const available = delta.onHand - delta.reserved;
  const change = available > 0 ? `+${available}` : String(available);
  return `${kind} (version ${version}, available ${change}) at ${at.toISOString()}`;
}

function units(count: number): string {
  return count === 1 ? '1 unit' : `${count} units`;
}

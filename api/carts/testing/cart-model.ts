import fc from 'fast-check';
import type { ApiAnswer, ApiClient } from '../../../shared/testing/api-client.ts';
import { putLine, readRevision, type ShownCart } from './shown-cart.ts';

/** A change of a cart; `variant` is an index in the list of the test's variants. */
export interface CartWrite {
  readonly kind: 'set' | 'add' | 'remove';
  readonly variant: number;
  readonly quantity: number;
}

export const CART_VARIANTS = 5;
const QUANTITY_MAX = 6;

/** Generates a change of a cart. */
export function anyWrite(): fc.Arbitrary<CartWrite> {
  return fc.record({
    kind: fc.constantFrom('set' as const, 'add' as const, 'remove' as const),
    variant: fc.nat(CART_VARIANTS - 1),
    quantity: fc.integer({ min: 1, max: QUANTITY_MAX }),
  });
}

/** Sends a change to the API. */
export function send(
  storefront: ApiClient,
  path: string,
  { kind, variant, quantity }: CartWrite,
  variantIds: readonly string[],
): Promise<ApiAnswer<ShownCart>> {
  const variantId = variantIds[variant] ?? '';
  if (kind === 'set') return putLine(storefront, path, variantId, quantity);
  if (kind === 'add') return storefront.post(`${path}/lines`, { variantId, quantity });
  return storefront.send('DELETE', `${path}/lines/${variantId}`);
}

/**
 * Applies acknowledged writes in the order of their revisions; returns the units after each write.
 */
export function replay(
  acknowledged: readonly { readonly write: CartWrite; readonly answer: ApiAnswer<ShownCart> }[],
  variantIds: readonly string[],
): { readonly units: Record<string, number>; readonly steps: readonly Step[] } {
  const units = new Map<string, number>();
  const steps: Step[] = [];
  const toVariantId = ({ variant }: CartWrite) => variantIds[variant] ?? '';
  const isNoop = (write: CartWrite) => write.kind === 'remove' && !units.has(toVariantId(write));
  const groups = Map.groupBy(acknowledged, ({ answer }) => readRevision(answer));
  for (const revision of [...groups.keys()].sort((a, b) => a - b)) {
    // A write that changed nothing returned the revision of the write before it, so it is applied
    // after that write.
    const writes = (groups.get(revision) ?? []).map((sent) => ({
      ...sent,
      isLast: isNoop(sent.write),
    }));
    for (const { write, answer } of writes.sort((a, b) => +a.isLast - +b.isLast)) {
      const step = { revision, answer, isNoop: isNoop(write) };
      const before = write.kind === 'add' ? (units.get(toVariantId(write)) ?? 0) : 0;
      if (write.kind === 'remove') units.delete(toVariantId(write));
      else units.set(toVariantId(write), before + write.quantity);
      steps.push({ ...step, units: Object.fromEntries(units) });
    }
  }
  return { units: Object.fromEntries(units), steps };
}

interface Step {
  readonly revision: number;
  /** Whether the write changed nothing. */
  readonly isNoop: boolean;
  readonly units: Record<string, number>;
  readonly answer: ApiAnswer<ShownCart>;
}

import { isDeepStrictEqual } from 'node:util';
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
): { readonly units: Units; readonly steps: readonly Step[] } {
  let units: Units = {};
  const steps: Step[] = [];
  const applyTo = (before: Units, { kind, variant, quantity }: CartWrite): Units => {
    const variantId = variantIds[variant] ?? '';
    const { [variantId]: present = 0, ...others } = before;
    if (kind === 'remove') return others;
    return { ...others, [variantId]: kind === 'add' ? present + quantity : quantity };
  };
  const isNoop = (before: Units, write: CartWrite) =>
    isDeepStrictEqual(applyTo(before, write), before);
  const groups = Map.groupBy(acknowledged, ({ answer }) => readRevision(answer));
  for (const revision of [...groups.keys()].sort((a, b) => a - b)) {
    // Of the writes with one revision, one changed the cart; the others came after it and changed
    // nothing.
    const group = groups.get(revision) ?? [];
    const change = group.find(({ write }) => {
      const after = applyTo(units, write);
      return group.every((other) => other.write === write || isNoop(after, other.write));
    });
    const isFirst = (sent: (typeof group)[number]) => sent === change;
    for (const { write, answer } of group.toSorted((a, b) => +isFirst(b) - +isFirst(a))) {
      const step = { revision, answer, isNoop: isNoop(units, write) };
      units = applyTo(units, write);
      steps.push({ ...step, units });
    }
  }
  return { units, steps };
}

type Units = Readonly<Record<string, number>>;

interface Step {
  readonly revision: number;
  /** Whether the write changed nothing. */
  readonly isNoop: boolean;
  readonly units: Units;
  readonly answer: ApiAnswer<ShownCart>;
}

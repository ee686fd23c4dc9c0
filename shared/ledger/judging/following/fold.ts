import type { StoredUses } from '../../../domain/judging/discount-account.ts';
import { findDiscountDifferences } from '../../../domain/judging/discount-account.ts';
import {
  addDraws,
  addToAccount,
  isSound,
  NEW_ACCOUNT,
  type VariantAccount,
} from '../../../domain/judging/variant-account.ts';
import { addHeld } from '../../../domain/judging/variant-record.ts';
import type { ClusterTime } from '../../../store/change-feed.ts';
import type { DiscountFact, VariantFact } from './events-by-subject.ts';
import type { Stored, UseAccount } from './judging-store.ts';

/**
 * Updates an account.
 * @returns undefined if the facts do not continue it, or make it inconsistent
 */
export function foldVariant(
  stored: Stored<VariantAccount> | undefined,
  facts: readonly VariantFact[],
): VariantAccount | undefined {
  const fresh = facts.filter(({ at }) => isAfter(at, stored));
  if (fresh.length === 0) return stored;
  const changes = fresh.flatMap(({ change }) => change ?? []);
  const ascending = changes.toSorted((first, second) => first.version - second.version);
  const account = addToAccount(stored ?? NEW_ACCOUNT, ascending);
  if (account === undefined || fresh.some(({ isIrregular }) => isIrregular)) return undefined;
  const held = fresh.flatMap((fact) => fact.held ?? []).reduce(addHeld, account.held);
  const levels = fresh.flatMap(({ level }) => level ?? []);
  const level = Object.assign({ ...account.stored }, ...levels);
  const draws = fresh.flatMap(({ draw }) => draw ?? []);
  const folded = addDraws({ ...account, held, stored: level }, draws);
  return isSound(folded) ? folded : undefined;
}

/**
 * See `foldVariant`.
 * @param heldBy the uses of buyers who have just used it, if these are limited
 */
export function foldDiscount(
  discountId: string,
  stored: Stored<UseAccount> | undefined,
  facts: readonly DiscountFact[],
  heldBy: ReadonlyMap<string, number>,
): UseAccount | undefined {
  const fresh = facts.filter(({ at }) => isAfter(at, stored));
  if (stored && fresh.length === 0) return stored;
  const before: UseAccount = stored ?? { held: 0, latest: 0, isFaulty: false };
  if (before.isFaulty || fresh.some(({ isIrregular }) => isIrregular)) return undefined;
  const versions = fresh.flatMap(({ version }) => version ?? []);
  if (versions.some((version) => !(version > before.latest))) return undefined;
  const held = fresh.reduce((sum, fact) => sum + (fact.held ?? 0), before.held);
  const documents = fresh.flatMap((fact) => fact.stored ?? []);
  const uses = Object.assign({ ...before.stored }, ...documents) as StoredUses;
  const account = { discountId, stored: uses, held, heldWithoutBuyer: 0, heldBy, versions };
  if (uses.uses === undefined || findDiscountDifferences(account).length > 0) return undefined;
  return { stored: uses, held, latest: Math.max(before.latest, ...versions), isFaulty: false };
}

function isAfter(at: ClusterTime, stored: { readonly asOf: ClusterTime } | undefined) {
  return stored === undefined || at.greaterThan(stored.asOf);
}

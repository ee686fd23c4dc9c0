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
 * Adds to the account of a variant the facts that are newer than the account.
 * @returns undefined if the facts do not continue the account, or make it inconsistent
 */
export function foldVariant(
  stored: Stored<VariantAccount> | undefined,
  facts: readonly VariantFact[],
): VariantAccount | undefined {
  const newFacts = facts.filter(({ at }) => isAfter(at, stored));
  if (newFacts.length === 0) return stored;
  const changes = newFacts.flatMap(({ change }) => change ?? []);
  const ascending = changes.toSorted((first, second) => first.version - second.version);
  const account = addToAccount(stored ?? NEW_ACCOUNT, ascending);
  if (account === undefined || newFacts.some(({ isIrregular }) => isIrregular)) return undefined;
  const held = newFacts.flatMap((fact) => fact.held ?? []).reduce(addHeld, account.held);
  const levels = newFacts.flatMap(({ level }) => level ?? []);
  const level = Object.assign({ ...account.stored }, ...levels);
  const draws = newFacts.flatMap(({ draw }) => draw ?? []);
  const folded = addDraws({ ...account, held, stored: level }, draws);
  return isSound(folded) ? folded : undefined;
}

/**
 * Adds to the account of a discount the facts that are newer than the account.
 * @param heldBy the current uses by buyer, for the buyers in the facts; empty if the discount has
 *   no limit per buyer
 * @returns undefined if the facts do not continue the account, or make it inconsistent
 */
export function foldDiscount(
  discountId: string,
  stored: Stored<UseAccount> | undefined,
  facts: readonly DiscountFact[],
  heldBy: ReadonlyMap<string, number>,
): UseAccount | undefined {
  const newFacts = facts.filter(({ at }) => isAfter(at, stored));
  if (stored && newFacts.length === 0) return stored;
  const before: UseAccount = stored ?? { held: 0, latest: 0, isFaulty: false };
  if (before.isFaulty || newFacts.some(({ isIrregular }) => isIrregular)) return undefined;
  const versions = newFacts.flatMap(({ version }) => version ?? []);
  if (versions.some((version) => !(version > before.latest))) return undefined;
  const held = newFacts.reduce((sum, fact) => sum + (fact.held ?? 0), before.held);
  const documents = newFacts.flatMap((fact) => fact.stored ?? []);
  const uses = Object.assign({ ...before.stored }, ...documents) as StoredUses;
  const account = { discountId, stored: uses, held, heldWithoutBuyer: 0, heldBy, versions };
  if (uses.uses === undefined || findDiscountDifferences(account).length > 0) return undefined;
  return { stored: uses, held, latest: Math.max(before.latest, ...versions), isFaulty: false };
}

function isAfter(at: ClusterTime, stored: { readonly asOf: ClusterTime } | undefined) {
  return stored === undefined || at.greaterThan(stored.asOf);
}

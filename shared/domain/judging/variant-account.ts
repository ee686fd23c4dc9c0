import type { StockDelta } from '../vocabulary.ts';
import { replay } from './history.ts';
import type { VariantFindings } from './judge-variant.ts';
import {
  countGain,
  countSupply,
  hasShapeOfItsKind,
  type RecordedChange,
} from './recorded-change.ts';
import type { HeldUnits, StockRefusal, StoredLevel, VariantRecord } from './variant-record.ts';

/** Units that a draw holds: as stored, and as the sum of its movements. */
export interface HeldByDraw {
  readonly stored: number;
  readonly moved: number;
}

/**
 * A change of the units that a draw holds: the stored number, or units that a movement set aside.
 */
export interface DrawFact {
  readonly drawId: string;
  readonly stored?: number;
  readonly moved?: number;
}

/**
 * The result of a variant's whole record, updated with each change. It shows whether the record is
 * still consistent, but not which fault it has: to find the fault, `judgeVariant` judges the whole
 * record.
 */
export interface VariantAccount {
  /** Absent while the variant has no stock document. */
  readonly stored?: StoredLevel | undefined;
  readonly held: HeldUnits;
  /** The units that draws hold, by draw; absent if no draw holds units. */
  readonly draws?: Readonly<Record<string, HeldByDraw>>;
  readonly totals: StockDelta;
  readonly supply: number;
  /** The version that the last change made. */
  readonly latest: number;
  /** The available units at the most recent versions up to `latest`. */
  readonly recent: readonly number[];
  /** Whether the record was contradictory when it was last judged as a whole. */
  readonly isFaulty: boolean;
}

/** The maximum number of recent versions that an account keeps when it is stored. */
const RECENT_MAX = 2_048;

/** The account of a variant without any record. */
export const NEW_ACCOUNT: VariantAccount = {
  held: { reserved: 0, sold: 0 },
  totals: { onHand: 0, reserved: 0, sold: 0 },
  supply: 0,
  latest: 0,
  recent: [0],
  isFaulty: false,
};

/** Creates the account of a record that has just been judged. */
export function toAccount(record: VariantRecord, findings: VariantFindings): VariantAccount {
  const { totals, supply, latest, availableAt } = replay(record.changes, record.stored?.version);
  return {
    stored: record.stored,
    held: record.held,
    ...withDraws(
      record.draws?.map(({ drawId, stored, expected }) => [drawId, { stored, moved: expected }]),
    ),
    totals,
    supply,
    latest,
    recent: availableAt.slice(-RECENT_MAX),
    isFaulty: isContradictory(findings),
  };
}

/** Returns whether a variant's findings fail a verdict. */
function isContradictory({ oversold, undersold, differences }: VariantFindings): boolean {
  return oversold + undersold + differences.length > 0;
}

/**
 * Adds the changes that follow the latest version, in order.
 * @returns undefined if a change skips or repeats a version, does not have the shape of its kind,
 *   or promises units that do not exist
 */
export function addToAccount(
  account: VariantAccount,
  changes: readonly RecordedChange[],
): VariantAccount | undefined {
  const totals = { ...account.totals };
  const recent = [...account.recent];
  let { latest, supply } = account;
  let available = recent.at(-1) ?? 0;
  for (const change of changes) {
    if (change.version !== latest + 1 || !hasShapeOfItsKind(change)) return undefined;
    available += countGain(change);
    if (available < 0) return undefined;
    latest += 1;
    supply += countSupply(change);
    recent.push(available);
    totals.onHand += change.onHand;
    totals.reserved += change.reserved;
    totals.sold += change.sold;
  }
  return { ...account, latest, supply, totals, recent };
}

/** Adds changes of the units that draws hold, and removes draws without units. */
export function addDraws(account: VariantAccount, facts: readonly DrawFact[]): VariantAccount {
  if (facts.length === 0) return account;
  const { draws, ...others } = account;
  const after = new Map(Object.entries(draws ?? {}));
  for (const { drawId, stored, moved = 0 } of facts) {
    const before = after.get(drawId) ?? { stored: 0, moved: 0 };
    after.set(drawId, { stored: stored ?? before.stored, moved: before.moved + moved });
  }
  return { ...others, ...withDraws([...after]) };
}

function withDraws(draws: readonly (readonly [string, HeldByDraw])[] = []) {
  const holding = draws.filter(([, { stored, moved }]) => stored !== 0 || moved !== 0);
  return holding.length === 0 ? {} : { draws: Object.fromEntries(holding) };
}

/** Returns the account with only the recent versions that are stored. */
export function shortened(account: VariantAccount): VariantAccount {
  return { ...account, recent: account.recent.slice(-RECENT_MAX) };
}

/** Returns whether the account shows that counters, changes, orders and draws agree. */
export function isSound({
  stored,
  held,
  draws = {},
  totals,
  supply,
  latest,
  isFaulty,
}: VariantAccount): boolean {
  if (isFaulty || stored === undefined) return false;
  if (Object.values(draws).some((draw) => draw.stored !== draw.moved)) return false;
  return (
    stored.version === latest &&
    stored.onHand === supply - held.sold &&
    stored.reserved === held.reserved &&
    stored.sold === held.sold &&
    (stored.heldByUnlisted ?? 0) === (held.heldByUnlisted ?? 0) &&
    totals.onHand === stored.onHand &&
    totals.reserved === held.reserved &&
    totals.sold === held.sold
  );
}

/** Returns whether the account proves a refusal: too few units were available at its version. */
export function provesRefusal({ latest, recent }: VariantAccount, refusal: StockRefusal): boolean {
  const available = recent[refusal.version - latest + recent.length - 1];
  return available !== undefined && refusal.requested > available;
}

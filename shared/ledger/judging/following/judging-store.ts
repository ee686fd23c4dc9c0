import type { StoredUses } from '../../../domain/judging/discount-account.ts';
import type { VariantAccount } from '../../../domain/judging/variant-account.ts';
import type { ClusterTime, FeedToken } from '../../../store/change-feed.ts';
import type { Store } from '../../../store/store.ts';
import { type Collection, type Filter, typedCollection } from '../../../store/typed-collection.ts';

/** The uses of a discount, updated with each order. */
export interface UseAccount {
  readonly stored?: StoredUses | undefined;
  /** The number of orders that use the discount. */
  readonly held: number;
  /** The highest version of a use. */
  readonly latest: number;
  readonly isFaulty: boolean;
}

/** An account as stored, with the moment up to which it contains all changes. */
export type Stored<Account> = Account & { readonly _id: string; readonly asOf: ClusterTime };

/** A contradiction that was found and not repaired yet. */
export interface FaultRecord {
  /**
   * The id of the variant, discount, order, checkout, or of a buyer's purchases (`toPurchaseId`).
   */
  readonly _id: string;
  readonly kinds: readonly string[];
  /** When the subject was first found to have a fault. */
  readonly foundAt: Date;
}

/** How far the record has been judged, and the result. */
export interface JudgingState {
  readonly _id: 'record';
  readonly token: FeedToken;
  /** Every change that was committed until this time has been judged. */
  readonly checkedUntil: Date;
  /** When the whole record was last read. */
  readonly wholeAt: Date;
  /** The numbers of changes and checkouts judged since `wholeAt`. */
  readonly counts: JudgedCounts;
  readonly faultCount: number;
  /** The first faults by id; `faultCount` counts all. */
  readonly faults: readonly FaultRecord[];
  /** The subjects whose whole records must be read, once another complete reading is due. */
  readonly doubted: { readonly variants: readonly string[]; readonly discounts: readonly string[] };
}

/** The numbers of judged changes and checkouts. */
export interface JudgedCounts {
  readonly changes: number;
  readonly checkouts: number;
}

/**
 * The collections in which the judge stores its results. All of them can be rebuilt from the
 * record.
 */
export interface JudgingStore {
  readonly states: Collection<JudgingState>;
  readonly variants: Collection<Stored<VariantAccount>>;
  readonly discounts: Collection<Stored<UseAccount>>;
  readonly faults: Collection<FaultRecord>;
}

export function judgingStore({ connection }: Store): JudgingStore {
  const database = connection.getClient().db(connection.name);
  return {
    states: typedCollection(database, 'judging'),
    variants: typedCollection(database, 'judged_variants'),
    discounts: typedCollection(database, 'judged_discounts'),
    faults: typedCollection(database, 'judged_faults'),
  };
}

/** Stores accounts, replacing the earlier accounts of the same subjects. */
export async function saveAccounts<Account extends object>(
  accounts: Collection<Stored<Account>>,
  changed: readonly Stored<Account>[],
): Promise<void> {
  for (let at = 0; at < changed.length; at += WRITES_MAX) {
    const writes = changed.slice(at, at + WRITES_MAX).map((account) => {
      const filter = { _id: account._id } as Filter<Stored<Account>>;
      return { replaceOne: { filter, replacement: account, upsert: true } };
    });
    await accounts.bulkWrite(writes, { ordered: false });
  }
}

const WRITES_MAX = 1_000;

/**
 * Stores the current faults of these subjects, and deletes the stored faults of those that have
 * none now.
 */
export async function saveFaults(
  { faults }: JudgingStore,
  judged: ReadonlyMap<string, readonly string[]>,
  foundAt: Date,
): Promise<void> {
  if (judged.size === 0) return;
  const sound = [...judged].flatMap(([_id, kinds]) => (kinds.length === 0 ? [_id] : []));
  const writes = [...judged].flatMap(([_id, kinds]) =>
    kinds.length === 0
      ? []
      : [
          {
            updateOne: {
              filter: { _id },
              update: { $set: { kinds }, $setOnInsert: { foundAt } },
              upsert: true,
            },
          },
        ],
  );
  if (writes.length > 0) await faults.bulkWrite(writes, { ordered: false });
  if (sound.length > 0 && (await faults.estimatedDocumentCount()) > 0) {
    await faults.deleteMany({ _id: { $in: sound } });
  }
}

/**
 * Deletes the stored faults of all subjects but these. A query with the ids of these subjects could
 * be larger than MongoDB accepts.
 */
export async function deleteOtherFaults(
  { faults }: JudgingStore,
  judged: ReadonlyMap<string, unknown>,
): Promise<void> {
  let others: string[] = [];
  const deleteOthers = () => faults.deleteMany({ _id: { $in: others } });
  for await (const { _id } of faults.find({}, { projection: { _id: 1 } })) {
    if (judged.has(_id)) continue;
    others.push(_id);
    if (others.length < WRITES_MAX) continue;
    await deleteOthers();
    others = [];
  }
  if (others.length > 0) await deleteOthers();
}

const FAULTS_SHOWN_MAX = 20;

/** Returns the number of faults, and the first faults by id. */
export async function readFaults({ faults }: JudgingStore) {
  const faultCount = await faults.countDocuments({});
  const firstFaults = await faults
    .find({}, { sort: { _id: 1 }, limit: FAULTS_SHOWN_MAX })
    .toArray();
  return { faultCount, faults: firstFaults };
}

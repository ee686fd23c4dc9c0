import type { mongo } from 'mongoose';
import type { Store } from './store.ts';

/** The position at which a reader of the change stream continues. */
export type FeedToken = mongo.ResumeToken;

/** The time of a commit, by which all changes of a replica set are ordered. */
export type ClusterTime = mongo.Timestamp;

/** One change of a judged document. */
export interface FeedEvent {
  readonly _id: FeedToken;
  readonly operationType: string;
  readonly ns: { readonly coll: string };
  readonly clusterTime: ClusterTime;
  readonly documentKey?: { readonly _id: unknown };
  /**
   * The judged fields of the document after the change; for orders and movements also after an
   * update.
   */
  readonly fullDocument?: mongo.Document | null;
  /** The judged fields of the document before the change; for orders and movements only. */
  readonly fullDocumentBeforeChange?: mongo.Document | null;
  /** For stock levels, discounts and draws only. */
  readonly updateDescription?: {
    readonly updatedFields?: mongo.Document;
    readonly removedFields?: readonly string[];
  };
}

/** Consecutive changes. The last one ends a transaction. */
export interface FeedBatch {
  readonly events: readonly FeedEvent[];
  readonly token: FeedToken;
  /** Whether there were no further changes when the batch was read. */
  readonly isLast: boolean;
}

/** After this many events, a batch ends with the current transaction. */
const EVENTS_MAX = 2_000;
const PAGE_EVENTS = 500;
const AWAIT_MS = 50;
/** The token is no longer in the oplog, or the stream cannot continue from it. */
const LOST_CODES = new Set([136, 280, 286]);

const COLLECTIONS = ['stock', 'movements', 'orders', 'checkouts', 'discounts', 'draws'];
/** The judged fields; the others are not sent, so that they need not be parsed. */
const AFTER_FIELDS = [
  // Fields of orders, of their lines and of their history.
  ...['_id', 'checkoutId', 'shopId', 'buyerId', 'status', 'subtotal', 'discount', 'total'],
  ...['currency', 'discounts', 'buyerKey', 'history.status', 'lines.variantId', 'lines.shopId'],
  ...['lines.quantity', 'lines.unitPrice', 'lines.discount', 'lines.version'],
  ...['purchaseLimits', 'storefrontId', 'isUnlisted', 'reductions', 'charges.amount'],
  // Of movements, stock levels, draws and discounts.
  ...['variantId', 'version', 'kind', 'delta', 'onHand', 'reserved', 'sold'],
  ...['heldByUnlisted', 'held', 'reference'],
  ...['uses', 'usageLimit', 'usageLimitPerBuyer', 'revision'],
  // Of outbox entries.
  'events.subjectId',
];
const BEFORE_FIELDS = [
  ...['checkoutId', 'status', 'discounts', 'buyerKey', 'variantId'],
  ...['lines.variantId', 'lines.quantity', 'lines.version'],
  ...['purchaseLimits', 'storefrontId', 'buyerId', 'isUnlisted', 'reductions'],
];
/** Collections whose updates contain the new values; others have images or are read again. */
const DESCRIBED = ['stock', 'discounts', 'draws'];

/**
 * Matches the updates by which a batch settles queued checkouts. The feed leaves them out, because
 * the batch has an outbox entry that names the checkouts, and because mongod would look in vain for
 * images of each updated checkout. They are recognized by the two times that only settling writes
 * together; mongod 6.0 does not distinguish a transaction from another write. Other updates of
 * checkouts stay in the feed, such as updates by hand.
 */
const NAMED_IN_OUTBOX = {
  'ns.coll': 'checkouts',
  operationType: 'update',
  'updateDescription.updatedFields.pickedUpAt': { $exists: true },
  'updateDescription.updatedFields.settledAt': { $exists: true },
};

const PIPELINE = [
  // mongod applies the first stage while it reads the oplog. In a single stage, 6.0 could not
  // separate these conditions from the others.
  {
    $match: {
      $or: [
        { 'ns.coll': { $in: COLLECTIONS } },
        { 'ns.coll': 'outbox', operationType: 'insert' },
        { operationType: { $in: ['dropDatabase', 'invalidate'] } },
      ],
    },
  },
  { $match: { $nor: [NAMED_IN_OUTBOX] } },
  {
    $match: {
      // A checkout without an outcome cannot be judged yet.
      $nor: [
        {
          ...{ 'ns.coll': 'checkouts', operationType: 'insert' },
          'fullDocument.status': { $in: ['queued', 'waiting'] },
        },
      ],
    },
  },
  {
    $project: {
      ...Object.fromEntries(
        ['operationType', 'ns.coll', 'clusterTime', 'documentKey']
          .concat(AFTER_FIELDS.map((field) => `fullDocument.${field}`))
          .concat(BEFORE_FIELDS.map((field) => `fullDocumentBeforeChange.${field}`))
          .map((path) => [path, 1]),
      ),
      updateDescription: {
        $cond: [{ $in: ['$ns.coll', DESCRIBED] }, '$updateDescription', '$$REMOVE'],
      },
    },
  },
];

type Stream = mongo.ChangeStream<mongo.Document, mongo.ChangeStreamDocument>;

/** The changes of the judged collections, in the order of their commits. */
export class ChangeFeed {
  readonly #stream: Stream;
  #ahead: FeedEvent | undefined;

  private constructor(stream: Stream) {
    this.#stream = stream;
  }

  /**
   * Opens a feed.
   * @param from the position to continue at; without it, the feed begins now
   */
  static async open({ connection }: Store, from?: FeedToken): Promise<ChangeFeed> {
    const database = connection.getClient().db(connection.name);
    const stream = database.watch(PIPELINE, {
      fullDocument: 'whenAvailable',
      fullDocumentBeforeChange: 'whenAvailable',
      batchSize: PAGE_EVENTS,
      maxAwaitTimeMS: AWAIT_MS,
      ...(from !== undefined && { resumeAfter: from }),
    });
    const feed = new ChangeFeed(stream);
    // The cursor opens with the first read, whose event must not be lost.
    try {
      feed.#ahead = await feed.#next();
      return feed;
    } catch (error) {
      await feed.close().catch(() => undefined);
      throw error;
    }
  }

  /** The position after the last event that was read, even if no batch contains the event yet. */
  get token(): FeedToken {
    return this.#stream.resumeToken;
  }

  /**
   * Reads changes until there are no more for now, or until a transaction ends after at least
   * `EVENTS_MAX` changes.
   */
  async readBatch(): Promise<FeedBatch> {
    const events: FeedEvent[] = [];
    let token = this.token;
    for (;;) {
      const event = this.#ahead ?? (await this.#next());
      this.#ahead = undefined;
      if (event === undefined) return { events, token: this.token, isLast: true };
      const last = events.at(-1);
      if (last !== undefined && events.length >= EVENTS_MAX) {
        // All changes of a transaction have the time of its commit.
        if (!event.clusterTime.equals(last.clusterTime)) {
          this.#ahead = event;
          return { events, token, isLast: false };
        }
      }
      events.push(event);
      token = event._id;
    }
  }

  async close(): Promise<void> {
    await this.#stream.close();
  }

  async #next(): Promise<FeedEvent | undefined> {
    return ((await this.#stream.tryNext()) as FeedEvent | null) ?? undefined;
  }
}

/** Returns whether the feed cannot continue from a token, so that the record must be read again. */
export function isTokenLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST_CODES.has(Number(error.code));
}

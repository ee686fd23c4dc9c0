import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import type { DeliveryContext } from './delivery-context.ts';
import type { Turn } from './turn.ts';

/** Entries that are looked through in one go for subjects that are not known yet. */
const SCAN_MAX = 200;
/** Before a subject that has stepped back goes on, new ones are looked for so many times. */
const SCANS_FIRST_MAX = 2;
/** Deliveries that somebody has asked for are looked for so often, so many at a time. */
const ASKED_EVERY_MS = 250;
const ASKED_MAX = 20;

/** What one lane takes on: a delivery that somebody has asked for, or a subject with what waits. */
export type Work = { readonly asked: DeliveryRecord } | { readonly subjectId: string };

/** What is due to the endpoint of one turn, for its lanes to take. */
export interface DueWork {
  /** What is to be taken on next; undefined when, just now, nothing is due that no lane has. */
  next(): Promise<Work | undefined>;
  /** Whether more of a subject is known to wait than the lane that has it has begun with. */
  hasMore(subjectId: string): boolean;
  /** A lane is done with it, or steps back behind the others that wait. */
  putBack(work: Work, isUnfinished: boolean): void;
  close(): Promise<void>;
}

/**
 * Goes through what is due, the longest due first, and gives out each subject once, whatever waits
 * of it: so a subject with a long backlog has one lane, and the others have the rest. No subject is
 * given to two lanes at a time, which is what keeps its events in order.
 */
export function findDueWork(context: DeliveryContext, turn: Turn): DueWork {
  /** Subjects that wait or have a lane; true when more entries of them were met since. */
  const subjects = new Map<string, boolean>();
  const askedFor = new Set<string>();
  const queue: Work[] = [];
  const steppedBack: Work[] = [];
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let pass: ReturnType<typeof readDue> | undefined;

  const lookForAsked = async () => {
    const nowMs = context.clock.now().getTime();
    if (nowMs - askedAtMs < ASKED_EVERY_MS) return;
    askedAtMs = nowMs;
    const fresh = (await readAsked(context, turn)).filter(({ _id }) => !askedFor.has(_id));
    for (const { _id } of fresh) askedFor.add(_id);
    queue.unshift(...fresh.map((asked) => ({ asked })));
  };
  /** @returns whether there is more to look through */
  const scan = async (entries: ReturnType<typeof readDue>): Promise<boolean> => {
    for (let count = 0; count < SCAN_MAX; count += 1) {
      const entry = await entries.next();
      if (entry === null) return false;
      const { subjectId } = entry;
      const isKnown = subjects.has(subjectId);
      subjects.set(subjectId, isKnown);
      if (!isKnown) queue.push({ subjectId });
    }
    return true;
  };
  const endPass = async () => {
    const ended = pass;
    pass = undefined;
    await ended?.close();
  };
  return {
    next: async () => {
      await lookForAsked();
      // What has become due since a pass began is found by another one.
      let isLast = pass === undefined;
      for (let scans = 0; queue.length === 0 && !turn.isOver; scans += 1) {
        if (steppedBack.length > 0 && scans >= SCANS_FIRST_MAX) break;
        pass ??= readDue(context, turn);
        if (await scan(pass)) continue;
        await endPass();
        if (isLast) break;
        isLast = true;
      }
      return queue.shift() ?? steppedBack.shift();
    },
    hasMore: (subjectId) => subjects.get(subjectId) === true,
    putBack: (work, isUnfinished) => {
      if (isUnfinished) steppedBack.push(work);
      else if ('asked' in work) askedFor.delete(work.asked._id);
      else subjects.delete(work.subjectId);
    },
    close: endPass,
  };
}

function readAsked({ store }: DeliveryContext, { webhook }: Turn): Promise<DeliveryRecord[]> {
  return store.webhookDeliveries.collection
    .find<DeliveryRecord>({ webhookId: webhook._id, redeliverAt: { $exists: true } })
    .sort({ redeliverAt: 1 })
    .limit(ASKED_MAX)
    .toArray();
}

function readDue({ store, clock }: DeliveryContext, { webhook }: Turn) {
  return store.webhookDeliveries.collection
    .find<Pick<DeliveryRecord, '_id' | 'subjectId'>>(
      { status: 'pending', webhookId: webhook._id, nextAttemptAt: { $lte: clock.now() } },
      { projection: { subjectId: 1 } },
    )
    .sort({ nextAttemptAt: 1 })
    .batchSize(SCAN_MAX);
}

import { type SettleCheckoutsJob, settleJobId } from '../../shared/contract/jobs.ts';
import { toHomeProduct } from '../../shared/contract/partitions.ts';
import { storeRejections } from '../../shared/ledger/store-rejections.ts';
import { type CheckoutQueue, nameJobs, toJobs } from '../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { GroupCommit, type Settled } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { byIds } from '../../shared/store/by-ids.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { listPersonal } from '../../shared/store/collections/personal-checkouts.ts';
import { type InsertResult, insertEach } from '../../shared/store/insert-each.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Tracing } from '../../shared/tracing/tracing.ts';
import type { EarlyRejections } from './early-rejection/early-rejections.ts';
import { IntakeTraces } from './intake-traces.ts';
import {
  type CheckoutIntent,
  type IntakeResult,
  storeInTransaction,
} from './store-in-transaction.ts';

/**
 * Limits of checkouts that are stored as one document each: the checkouts and the lines in a group,
 * and the checkouts and the lines that wait to be stored.
 */
const INTAKE_MAX = 500;
const INTAKE_LINES_MAX = 20_000;
const INTAKE_WAITING_MAX = 20_000;
const INTAKE_LINES_WAITING_MAX = 200_000;
/**
 * Storing begins within this time or not at all, so that a checkout is not stored after its 503.
 */
const INTAKE_WAIT_MS_MAX = 2_000;
/**
 * If storing has begun, the request waits up to 5 s more for the result. An earlier 503 would be
 * wrong, because the checkout could still be stored.
 */
const ACCEPT_TIMEOUT_MS = INTAKE_WAIT_MS_MAX + 5_000;
/**
 * Limits of checkouts that come from carts or may wait for units. Each group of these checkouts is
 * stored in one transaction.
 */
const ATOMIC_INTAKE_MAX = 50;
const ATOMIC_INTAKE_LINES_MAX = 5_000;
const ATOMIC_INTAKE_GROUPS_MAX = 4;
const JOBS_MAX = 500;
const JOBS_WAITING_MAX = 50_000;
/**
 * While checkouts are frequent, a short wait for more of them makes each one cheaper and, on a busy
 * machine, faster.
 */
const INTAKE_LINGER_MS = 10;

const NO_RESULT = { error: new Error('the insert returned no result') };

/** Stores checkouts, and adds jobs that settle them. */
export interface Intake {
  /**
   * Stores a checkout with write concern majority and journal, and then adds its job without
   * waiting for Redis: the recovery sweep adds the jobs that Redis did not accept.
   * @param cart the cart that the lines come from, as it was read
   * @throws DeadlineError, QueueFullError or a transient error; the outcome may then be unknown
   */
  store(checkout: CheckoutDraft, cart?: CartRecord): Promise<IntakeResult>;
  /** Returns whether this process is storing a checkout with this key. */
  isStoring(idempotencyKey: string): boolean;
}

interface IntakeOptions {
  readonly store: Store;
  readonly queue: CheckoutQueue;
  readonly earlyRejections: EarlyRejections;
  /** Logs the jobs that the queue refuses. */
  readonly log: Logger;
  readonly tracing?: Tracing | undefined;
}

/** Creates an intake that stores concurrent checkouts in groups and adds their jobs in groups. */
export function createIntake(options: IntakeOptions): Intake {
  const { store, queue, earlyRejections, tracing } = options;
  const traces = tracing && new IntakeTraces(tracing);
  const decide = (checkout: CheckoutRecord) => earlyRejections.decide(checkout);
  const enqueue = createEnqueue(options, traces);
  const storeAndEnqueue = async (drafts: readonly CheckoutDraft[], storeGroup: StoreGroup) => {
    const toRecord = assignJobs(drafts, queue.partitions);
    const storing = () => storeGroup(drafts.map(toRecord), traces?.findAll(drafts));
    const results = await (traces === undefined ? storing() : traces.traceStoring(drafts, storing));
    enqueue(drafts, results);
    return results;
  };
  const checkouts = new GroupCommit<CheckoutDraft, IntakeResult>({
    name: 'checkouts to store',
    lingerMs: INTAKE_LINGER_MS,
    itemsMax: INTAKE_MAX,
    weigh: (checkout) => checkout.lines.length,
    weightMax: INTAKE_LINES_MAX,
    queueMax: INTAKE_WAITING_MAX,
    queueWeightMax: INTAKE_LINES_WAITING_MAX,
    waitMsMax: INTAKE_WAIT_MS_MAX,
    commit: (group) =>
      storeAndEnqueue(group, async (records, traceparents) => {
        const decided = records.map(decide);
        const inserted = await insertMarked(store, decided, traceparents);
        return decided.map((checkout, index) => toIntakeResult(checkout, inserted[index]));
      }),
  });
  const inTransactions = new GroupCommit<CheckoutIntent<CheckoutDraft>, IntakeResult>({
    name: 'checkouts to store in transactions',
    lingerMs: INTAKE_LINGER_MS,
    itemsMax: ATOMIC_INTAKE_MAX,
    weigh: ({ checkout }) => checkout.lines.length,
    weightMax: ATOMIC_INTAKE_LINES_MAX,
    parallelMax: ATOMIC_INTAKE_GROUPS_MAX,
    queueMax: INTAKE_WAITING_MAX,
    queueWeightMax: INTAKE_LINES_WAITING_MAX,
    waitMsMax: INTAKE_WAIT_MS_MAX,
    commit: (group) => {
      const drafts = group.map(({ checkout }) => checkout);
      return storeAndEnqueue(drafts, (records, traceparents) => {
        const recordIntents = group.map(({ checkout, cart }, index) => ({
          checkout: records[index] ?? checkout,
          cart,
        }));
        return storeInTransaction(store, recordIntents, { decide, traceparents });
      });
    },
  });
  return {
    store: (checkout, cart) => {
      earlyRejections.refresh(checkout.lines);
      traces?.remember(checkout);
      const isOneDocument = cart === undefined && checkout.waitUntil === undefined;
      const stored = isOneDocument
        ? checkouts.submit(checkout)
        : inTransactions.submit({ checkout, cart });
      return withDeadline('storing', ACCEPT_TIMEOUT_MS, stored);
    },
    isStoring: (key) =>
      checkouts.has(({ idempotencyKey }) => idempotencyKey === key) ||
      inTransactions.has(({ checkout }) => checkout.idempotencyKey === key),
  };
}

/** The trace contexts of sampled checkouts, by checkout id; undefined if traces are off. */
type Traceparents = ReadonlyMap<string, string> | undefined;

/** Stores the checkouts of a group; returns the results in their order. */
type StoreGroup = (
  records: readonly CheckoutRecord[],
  traceparents: Traceparents,
) => Promise<Settled<IntakeResult>[]>;

/** Returns a function that adds the jobs of a stored group, without waiting for them. */
function createEnqueue(
  { queue, log }: Pick<IntakeOptions, 'queue' | 'log'>,
  traces: IntakeTraces | undefined,
): (drafts: readonly CheckoutDraft[], results: readonly Settled<IntakeResult>[]) => void {
  const jobs = new GroupCommit<SettleCheckoutsJob, undefined>({
    name: 'jobs',
    itemsMax: JOBS_MAX,
    queueMax: JOBS_WAITING_MAX,
    commit: async (group) => {
      await queue.enqueue(group);
      return group.map(() => ({ value: undefined }));
    },
  });
  const send = (job: SettleCheckoutsJob) => {
    const submit = () => jobs.submit(job);
    const sent = traces === undefined ? submit() : traces.traceSending(job, submit);
    sent.catch((error: Error) => {
      const checkoutIds = job.data.checkouts.map(({ checkoutId }) => checkoutId);
      log.debug({ checkoutIds, reason: error.message }, 'left to the sweep');
    });
  };
  return (drafts, results) => {
    const members = results.flatMap((result, index) => {
      if ('error' in result || typeof result.value === 'string') return [];
      const { _id: checkoutId, jobId, lines } = result.value;
      if (jobId === undefined) return [];
      const member = { jobId, checkoutId, productId: toHomeProduct(lines), lines: lines.length };
      const traceparent = traces?.find(drafts[index]);
      return [traceparent === undefined ? member : { ...member, traceparent }];
    });
    for (const job of toJobs(members)) send(job);
  };
}

/**
 * Returns a function that adds to each draft of a group the id of its job. Checkouts of one
 * partition share jobs.
 */
function assignJobs(
  drafts: readonly CheckoutDraft[],
  partitions: number,
): (draft: CheckoutDraft, index: number) => CheckoutRecord {
  const checkouts = drafts.map(({ _id: checkoutId, lines }) => {
    return { checkoutId, productId: toHomeProduct(lines) };
  });
  const toJobId = ({ checkoutId }: { checkoutId: string }) => settleJobId(checkoutId, 0);
  const jobIds = nameJobs(checkouts, partitions, toJobId);
  return (draft, index) => ({ ...draft, jobId: jobIds[index] ?? settleJobId(draft._id, 0) });
}

/**
 * Stores checkouts. Before them it stores a mark (`PersonalCheckoutRecord`) for each checkout with
 * personal data, so that erasing a buyer finds every stored checkout. A repeated request stores no
 * checkout, so the mark of the repeat is removed.
 */
async function insertMarked(
  store: Store,
  decided: readonly CheckoutRecord[],
  traceparents: Traceparents,
): Promise<Settled<InsertResult>[]> {
  const marks = listPersonal(decided);
  if (marks.length > 0) await store.personalCheckouts.insertMany(marks);
  const inserted = await insertDecided(store, decided, traceparents);
  const repeats = decided.filter((_, index) => isDuplicate(inserted[index]));
  const unused = listPersonal(repeats).map(({ _id }) => _id);
  // A mark that cannot be removed now is removed when the buyer is erased.
  if (unused.length > 0) await store.personalCheckouts.deleteMany(byIds(unused)).catch(() => null);
  return inserted;
}

function isDuplicate(result: Settled<InsertResult> | undefined): boolean {
  return result !== undefined && 'value' in result && result.value === 'duplicate';
}

/** Stores queued and rejected checkouts; returns the results in their order. */
async function insertDecided(
  store: Store,
  decided: readonly CheckoutRecord[],
  traceparents: Traceparents,
): Promise<Settled<InsertResult>[]> {
  const rejected = decided.filter(({ status }) => status === 'rejected');
  if (rejected.length === 0) return insertEach(store.checkouts, decided);
  const queued = decided.filter(({ status }) => status !== 'rejected');
  const fail = (count: number) => (error: unknown) =>
    Array.from({ length: count }, () => ({ error }));
  const [queuedResults, rejectedResults] = await Promise.all([
    queued.length === 0 ? [] : insertEach(store.checkouts, queued).catch(fail(queued.length)),
    storeRejections(store, rejected, traceparents).catch(fail(rejected.length)),
  ]);
  const results = { queued: queuedResults.values(), rejected: rejectedResults.values() };
  return decided.map(({ status }) => {
    const iterator = status === 'rejected' ? results.rejected : results.queued;
    return iterator.next().value ?? NO_RESULT;
  });
}

function toIntakeResult(
  checkout: CheckoutRecord,
  inserted: Settled<InsertResult> = NO_RESULT,
): Settled<IntakeResult> {
  if ('error' in inserted) return inserted;
  return { value: inserted.value === 'stored' ? checkout : inserted.value };
}

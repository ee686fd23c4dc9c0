import { type Job, type JobType, Queue } from 'bullmq';
import {
  type CheckoutToSettle,
  SETTLE_CHECKOUTS,
  type SettleCheckoutsData,
  type SettleCheckoutsJob,
  type SettleCheckoutsResult,
} from '../contract/jobs.ts';
import { toPartition } from '../contract/partitions.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { REDIS_CALL_TIMEOUT_MS, type RedisClient } from './connections.ts';

type SettleQueue = Queue<SettleCheckoutsData, SettleCheckoutsResult>;
type SettleJob = Job<SettleCheckoutsData, SettleCheckoutsResult>;

/**
 * The queues of checkouts to settle, one for each partition. MongoDB has everything that they
 * contain.
 */
export interface CheckoutQueue {
  readonly partitions: number;
  /**
   * Adds jobs, each with checkouts that were stored together and are of one partition.
   * @throws when Redis does not take them in time; the recovery sweep then adds others
   */
  enqueue(jobs: readonly SettleCheckoutsJob[]): Promise<void>;
  /**
   * Returns the ids of all jobs that run or will run; those of one partition are read at one
   * moment.
   */
  liveJobIds(): Promise<ReadonlySet<string>>;
  /** Returns the ids of a partition's jobs that some worker has taken and not reported yet. */
  activeJobIds(partition: number): Promise<readonly string[]>;
  /** Jobs that wait or run, for operators. */
  depth(): Promise<number>;
  /** Returns a job of any partition that the queue still has. */
  findJob(id: string): Promise<SettleJob | undefined>;
  /** The queue of partition 0, which is the only one by default. */
  readonly bull: SettleQueue;
  /** The queues of all partitions, in order. */
  readonly bulls: readonly SettleQueue[];
  close(): Promise<void>;
}

/** The name of a queue of BullMQ, and the prefix of its keys: `<prefix>:<name>:…`. */
export interface QueuePlace {
  readonly name: string;
  readonly prefix: string;
}

/** Returns the prefix of a queue's keys. With a hash tag a Redis Cluster keeps them in one slot. */
export function queuePrefix(keyPrefix: string, hashTag?: string): string {
  return `${keyPrefix}:queue${hashTag === undefined ? '' : `:{${hashTag}}`}`;
}

/**
 * Returns where a partition's jobs are. On a single Redis, partition 0 has the queue that all jobs
 * were in before there were partitions. The hash tag is the number alone: the slots of `{0}` to `{3}`
 * are on all of three masters.
 */
export function toQueuePlace(
  { isCluster }: Pick<RedisClient, 'isCluster'>,
  keyPrefix: string,
  partition: number,
): QueuePlace {
  const isTagged = isCluster || partition > 0;
  const name = partition === 0 ? SETTLE_CHECKOUTS.queue : `${SETTLE_CHECKOUTS.queue}-${partition}`;
  return { name, prefix: queuePrefix(keyPrefix, isTagged ? String(partition) : undefined) };
}

/**
 * @param redis a connection of `connectFailingFast` where callers wait for the queue
 * @param partitions how many queues there are; a checkout's product decides which one it is in
 */
export function openCheckoutQueue(
  redis: RedisClient,
  keyPrefix: string,
  partitions = 1,
): CheckoutQueue {
  const bull = openPartition(redis, toQueuePlace(redis, keyPrefix, 0));
  const others = Array.from({ length: partitions - 1 }, (_, index) =>
    openPartition(redis, toQueuePlace(redis, keyPrefix, index + 1)),
  );
  const bulls = [bull, ...others];
  const partitionOf = ({ data }: SettleCheckoutsJob) =>
    toPartition(data.checkouts[0]?.productId ?? '', partitions);
  const inAll = <T>(ask: (each: SettleQueue) => Promise<T>) => Promise.all(bulls.map(ask));
  return {
    partitions,
    bull,
    bulls,
    enqueue: async (jobs) => {
      const adding = Array.from(Map.groupBy(jobs, partitionOf), ([partition, its]) =>
        (bulls[partition] ?? bull).addBulk(
          its.map(({ id, data }) => ({ name: SETTLE_CHECKOUTS.name, data, opts: { jobId: id } })),
        ),
      );
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, Promise.all(adding));
    },
    // One script reads all lists, so that a job that moves from one to another is not missed.
    liveJobIds: async () =>
      new Set((await inAll((each) => each.getRanges(LIVE_STATES, 0, -1))).flat()),
    activeJobIds: async (partition) => (await bulls[partition]?.getRanges(['active'], 0, -1)) ?? [],
    depth: async () => (await inAll((each) => each.count())).reduce((sum, count) => sum + count),
    findJob: async (id) =>
      (await inAll((each) => each.getJob(id))).find((job) => job !== undefined),
    close: async () => void (await inAll((each) => each.close())),
  };
}

function openPartition(redis: RedisClient, { name, prefix }: QueuePlace): SettleQueue {
  const bull: SettleQueue = new Queue(name, {
    connection: redis,
    prefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts: SETTLE_CHECKOUTS.attempts,
      backoff: { type: 'exponential', delay: SETTLE_CHECKOUTS.backoffMs },
      removeOnComplete: { count: SETTLE_CHECKOUTS.keepCompletedMax },
      removeOnFail: { count: SETTLE_CHECKOUTS.keepFailedMax },
    },
  });
  // A failed call rejects for its caller; the event would only repeat it.
  bull.on('error', () => undefined);
  return bull;
}

const LIVE_STATES: JobType[] = ['waiting', 'active', 'delayed', 'prioritized'];

type Named = Pick<CheckoutToSettle, 'checkoutId' | 'productId'>;

/**
 * Returns the id of the job of each checkout: those of one partition share jobs, in their order.
 * @param toJobId makes the id of a job from its first checkout
 */
export function nameJobs<Checkout extends Named>(
  checkouts: readonly Checkout[],
  partitions: number,
  toJobId: (first: Checkout) => string,
): string[] {
  const open = new Map<number, { readonly id: string; size: number }>();
  return checkouts.map((checkout) => {
    const partition = toPartition(checkout.productId, partitions);
    let job = open.get(partition);
    if (job === undefined || job.size === SETTLE_CHECKOUTS.checkoutsMax) {
      job = { id: toJobId(checkout), size: 0 };
      open.set(partition, job);
    }
    job.size += 1;
    return job.id;
  });
}

/** Groups checkouts by the job that each of them names, in their order. */
export function toJobs(
  checkouts: readonly (CheckoutToSettle & { readonly jobId: string })[],
  { isRecovery = false } = {},
): SettleCheckoutsJob[] {
  const jobs = new Map<string, CheckoutToSettle[]>();
  for (const { jobId, checkoutId, productId, lines, traceparent } of checkouts) {
    const members = jobs.get(jobId) ?? [];
    const member = { checkoutId, productId, lines };
    members.push(traceparent === undefined ? member : { ...member, traceparent });
    jobs.set(jobId, members);
  }
  return Array.from(jobs, ([id, members]) => ({
    id,
    data: { checkouts: members, ...(isRecovery && { isRecovery }) },
  }));
}

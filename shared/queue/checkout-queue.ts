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
 * The queues of checkouts to settle, one for each partition. Their jobs can be rebuilt from
 * MongoDB.
 */
export interface CheckoutQueue {
  readonly partitions: number;
  /**
   * Adds jobs, each with checkouts of one partition that were stored together.
   * @throws if Redis does not accept the jobs in time; the recovery sweep then adds new jobs
   */
  enqueue(jobs: readonly SettleCheckoutsJob[]): Promise<void>;
  /**
   * Returns the ids of all jobs that run or will run. The jobs of one partition are read in one
   * atomic call.
   */
  liveJobIds(): Promise<ReadonlySet<string>>;
  /** Returns the ids of a partition's jobs that workers have claimed and not finished yet. */
  activeJobIds(partition: number): Promise<readonly string[]>;
  /**
   * Returns the number of jobs of all partitions that wait for a worker or for their next attempt.
   */
  depth(): Promise<number>;
  /** Finds a job in any partition. Old completed and failed jobs have been removed. */
  findJob(id: string): Promise<SettleJob | undefined>;
  /** The queue of partition 0, which is the only one by default. */
  readonly bull: SettleQueue;
  /** The queues of all partitions, in order. */
  readonly bulls: readonly SettleQueue[];
  close(): Promise<void>;
}

/** The name of a BullMQ queue, and the prefix of its keys: `<prefix>:<name>:…`. */
export interface QueuePlace {
  readonly name: string;
  readonly prefix: string;
}

/** Returns the prefix of a queue's keys. With a hash tag a Redis Cluster keeps them in one slot. */
export function queuePrefix(keyPrefix: string, hashTag?: string): string {
  return `${keyPrefix}:queue${hashTag === undefined ? '' : `:{${hashTag}}`}`;
}

/**
 * Returns where the queue of a partition is. On a single Redis, partition 0 has the queue that all
 * jobs were in before there were partitions. The hash tag is only the number of the partition,
 * because the slots of `{0}` to `{3}` are spread over all three masters of a small cluster.
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
 * Opens the queues of all partitions.
 * @param redis a connection of `connectFailingFast` if callers wait for the queue
 * @param partitions the number of queues; the home product of a checkout decides its queue
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
  const getPartition = ({ data }: SettleCheckoutsJob) =>
    toPartition(data.checkouts[0]?.productId ?? '', partitions);
  const onAll = <T>(call: (queue: SettleQueue) => Promise<T>) => Promise.all(bulls.map(call));
  return {
    partitions,
    bull,
    bulls,
    enqueue: async (jobs) => {
      const adding = Array.from(Map.groupBy(jobs, getPartition), ([partition, partitionJobs]) =>
        (bulls[partition] ?? bull).addBulk(
          partitionJobs.map(({ id, data }) => ({
            name: SETTLE_CHECKOUTS.name,
            data,
            opts: { jobId: id },
          })),
        ),
      );
      await withDeadline('adding jobs', REDIS_CALL_TIMEOUT_MS, Promise.all(adding));
    },
    // One script reads all lists, so that a job that moves from one list to another is not missed.
    liveJobIds: async () =>
      new Set((await onAll((queue) => queue.getRanges(LIVE_STATES, 0, -1))).flat()),
    activeJobIds: async (partition) => (await bulls[partition]?.getRanges(['active'], 0, -1)) ?? [],
    depth: async () => (await onAll((queue) => queue.count())).reduce((sum, count) => sum + count),
    findJob: async (id) =>
      (await onAll((queue) => queue.getJob(id))).find((job) => job !== undefined),
    close: async () => void (await onAll((queue) => queue.close())),
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
  // A failed call rejects for its caller; the event would only repeat the error.
  bull.on('error', () => undefined);
  return bull;
}

const LIVE_STATES: JobType[] = ['waiting', 'active', 'delayed', 'prioritized'];

type UnassignedCheckout = Pick<CheckoutToSettle, 'checkoutId' | 'productId'>;

/**
 * Assigns checkouts to jobs, and returns the job id of each checkout. Checkouts of one partition
 * share jobs, in order and up to `checkoutsMax` in a job.
 * @param toJobId returns the id of a job, given its first checkout
 */
export function nameJobs<Checkout extends UnassignedCheckout>(
  checkouts: readonly Checkout[],
  partitions: number,
  toJobId: (first: Checkout) => string,
): string[] {
  const openJobs = new Map<number, { readonly id: string; size: number }>();
  return checkouts.map((checkout) => {
    const partition = toPartition(checkout.productId, partitions);
    let job = openJobs.get(partition);
    if (job === undefined || job.size === SETTLE_CHECKOUTS.checkoutsMax) {
      job = { id: toJobId(checkout), size: 0 };
      openJobs.set(partition, job);
    }
    job.size += 1;
    return job.id;
  });
}

/**
 * Groups checkouts into jobs by their `jobId`, in order.
 * @param isRecovery whether the recovery sweep creates the jobs
 */
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

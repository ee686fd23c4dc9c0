import { type Db, MongoClient } from 'mongodb';
import { pause } from '../runtime/deadline.ts';
import { startMember, toMongodbUrl } from './mongodb.ts';
import { MONGODB_REPLICA_SET } from './mongodb-replica-set.ts';
import type { RunningService, ServiceOptions } from './start-server.ts';

/** Servers of one machine that form one database or one cluster. */
export interface ServerGroup {
  readonly url: string;
  /** The servers, which a test may kill. */
  readonly members: readonly RunningService[];
  /** Restarts a killed member, on its port and with its data. */
  restart(index: number): Promise<void>;
  stop(): Promise<void>;
}

const MEMBERS = 3;
/** Short, for tests that wait for an election. */
const ELECTION_TIMEOUT_MS = 2_000;
const HEARTBEAT_MS = 500;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const SELECTION_TIMEOUT_MS = 2_000;
const PRIMARY = 1;
const SECONDARY = 2;

interface Status {
  readonly members: readonly { readonly state: number }[];
}

/**
 * Starts a replica set of three members on loopback, with their data in DATA_DIR/mongodb-1 to -3.
 * @param electionTimeoutMs how long the members wait for a silent primary before they elect another;
 * the first election takes as long
 * @throws Error if a member does not start, or if the set has no primary after a minute
 */
export async function startReplicaSet(
  options: ServiceOptions,
  electionTimeoutMs = ELECTION_TIMEOUT_MS,
): Promise<ServerGroup> {
  const start = (index: number, place: { readonly port?: number } = {}) =>
    startMember({ ...options, ...place }, `mongodb-${index + 1}`);
  const group = await startGroup(MEMBERS, start);
  const ports = group.members.map(({ port }) => port);
  try {
    await initiate(ports, electionTimeoutMs);
  } catch (error) {
    await group.stop();
    throw error;
  }
  return { ...group, url: toMongodbUrl(ports) };
}

/** Starts several servers at once. If one cannot start, all are stopped. */
export async function startGroup(
  count: number,
  start: (index: number, place?: { readonly port?: number }) => Promise<RunningService>,
): Promise<Omit<ServerGroup, 'url'>> {
  const starting = Array.from({ length: count }, (_, index) => start(index));
  const started = await Promise.allSettled(starting);
  const members = started.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const stop = async () => void (await Promise.all(members.map((member) => member.stop())));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    members,
    stop,
    restart: async (index) => {
      const { port } = members[index] ?? {};
      members[index] = await start(index, port === undefined ? {} : { port });
    },
  };
}

/** Returns the index of the member that accepts writes; undefined during an election. */
export async function findPrimary({
  members,
}: Pick<ServerGroup, 'members'>): Promise<number | undefined> {
  const areWritable = await Promise.all(
    members.map(({ port }) =>
      onMember(
        port,
        async (admin) => (await admin.command({ hello: 1 }))['isWritablePrimary'],
      ).catch(() => false),
    ),
  );
  const index = areWritable.indexOf(true);
  return index < 0 ? undefined : index;
}

/** Makes a primary step down. It cannot be elected again for this many seconds. */
export async function stepDown({ port }: RunningService, seconds: number): Promise<void> {
  await onMember(port, (admin) => admin.command({ replSetStepDown: seconds, force: true }));
}

/** Calls `work` with the admin database of one member, in any state of the member. */
async function onMember<T>(port: number, work: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS,
  });
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}

async function initiate(ports: readonly number[], electionTimeoutMs: number): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${ports[0]}/?directConnection=true`);
  const admin = client.db('admin');
  const members = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` }));
  const settings = {
    electionTimeoutMillis: electionTimeoutMs,
    heartbeatIntervalMillis: HEARTBEAT_MS,
  };
  try {
    await admin.command({ replSetInitiate: { _id: MONGODB_REPLICA_SET, members, settings } });
    await untilTrue(async () => {
      const status = (await admin.command({ replSetGetStatus: 1 })) as unknown as Status;
      const states = status.members.map(({ state }) => state);
      const isUp = (state: number) => state === PRIMARY || state === SECONDARY;
      return states.includes(PRIMARY) && states.every(isUp);
    });
  } finally {
    await client.close();
  }
}

/**
 * Waits until `check` returns true.
 * @throws Error after a minute
 */
export async function untilTrue(check: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + READY_TIMEOUT_MS;
  while (!(await check())) {
    if (performance.now() >= giveUpAt) throw new Error('the servers do not form a cluster');
    await pause(POLL_MS);
  }
}

import { type Db, MongoClient, ReadPreference } from 'mongodb';
import { isListening } from './processes/ports.ts';
import { type ServiceProcess, untilReady } from './processes/spawn-service.ts';

/** The name of the replica set, which is part of its URLs. */
export const MONGODB_REPLICA_SET = 'rs0';

/** A mongod first tries its old address, which takes long if another program hangs there. */
const STEP_TIMEOUT_MS = 90_000;
const CONNECT_TIMEOUT_MS = 10_000;

type Member = { _id: number; host: string };
type Configuration = { _id: string; version: number; members: Member[] };

/**
 * Makes a started mongod the primary of a replica set with one member. If its data contains another
 * port, the set is reconfigured: a member that is not in its own configuration serves no clients.
 */
export async function becomePrimary(service: ServiceProcess, port: number): Promise<void> {
  const until = (isReady: () => Promise<boolean>) =>
    untilReady(service, { isReady, timeoutMs: STEP_TIMEOUT_MS });
  // A client whose first connection fails stays closed, so it is created once the mongod listens.
  await until(() => isListening(port));
  const host = `127.0.0.1:${port}`;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
  });
  const admin = client.db('admin');
  try {
    const stored = await storedConfiguration(client);
    if (!stored) {
      await admin.command({ replSetInitiate: configuration(host, 1) });
    } else if (stored.members.length !== 1 || stored.members[0]?.host !== host) {
      await until(() => succeeds(admin, { replSetGetConfig: 1 }));
      const next = configuration(host, stored.version + 1);
      await admin.command({ replSetReconfig: { ...stored, ...next }, force: true });
    }
    await until(async () => (await admin.command({ hello: 1 }))['isWritablePrimary'] === true);
  } finally {
    await client.close();
  }
}

function configuration(host: string, version: number): Configuration {
  return { _id: MONGODB_REPLICA_SET, version, members: [{ _id: 0, host }] };
}

/** Reads the collection, because a starting mongod does not report its configuration at first. */
async function storedConfiguration(client: MongoClient): Promise<Configuration | undefined> {
  const readPreference = ReadPreference.primaryPreferred;
  const replicaSets = client.db('local').collection<Configuration>('system.replset');
  return (await replicaSets.findOne({}, { readPreference })) ?? undefined;
}

async function succeeds(db: Db, command: Record<string, unknown>): Promise<boolean> {
  return db.command(command).then(
    () => true,
    () => false,
  );
}

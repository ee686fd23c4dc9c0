import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { readEnv } from '../runtime/env.ts';
import { findMongod } from '../services/binaries/mongod.ts';
import { startMongodb } from '../services/mongodb.ts';
import { spawnService, untilReady } from '../services/processes/spawn-service.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

/** A user with built-in roles on the database `lastunit`. */
export interface MongodUser {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
}

/** A MongoDB with access control for one test file. */
export interface MongodWithUsers {
  toUrl(user: Pick<MongodUser, 'name' | 'password'>): string;
  stop(): Promise<void>;
}

/** Creates the users, and starts a replica set of one member with access control. */
export async function startMongodWithUsers(users: readonly MongodUser[]): Promise<MongodWithUsers> {
  const dataDir = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const options = { dataDir, cacheDir: readEnv().cacheDir, log: () => undefined };
  const withoutAuth = await startMongodb(options);
  const client = await new MongoClient(withoutAuth.url).connect();
  for (const { name, password, roles } of users) {
    await client.db('lastunit').command({ createUser: name, pwd: password, roles });
  }
  await client.close();
  await withoutAuth.stop();
  const keyFile = join(dataDir, 'key');
  await writeFile(keyFile, randomBytes(60).toString('base64'), { mode: 0o600 });
  const { path } = await findMongod(options);
  const service = await spawnService({
    dataDir,
    name: 'mongod',
    binary: path,
    args: [
      ...['--dbpath', join(dataDir, 'mongodb'), '--port', String(withoutAuth.port)],
      ...['--bind_ip', '127.0.0.1', '--replSet', 'rs0', '--quiet', '--nounixsocket'],
      ...['--auth', '--keyFile', keyFile],
    ],
    port: withoutAuth.port,
  });
  await untilReady(service, {
    isReady: () => isPrimary(withoutAuth.port),
    timeoutMs: READY_TIMEOUT_MS,
  });
  return {
    toUrl: ({ name, password }) =>
      `mongodb://${name}:${password}@127.0.0.1:${withoutAuth.port}/lastunit?replicaSet=rs0`,
    stop: async () => {
      await service.stop(STOP_DEADLINE_MS);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function isPrimary(port: number): Promise<boolean> {
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=1000`;
  const client = new MongoClient(url);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    return hello['isWritablePrimary'] === true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

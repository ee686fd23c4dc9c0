import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import {
  type MongodWithUsers,
  startMongodWithUsers,
} from '../../shared/testing/mongod-with-users.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { systemEnv } from '../rig/system.ts';

const SECRET = 'geheim0815';
const KEY_PREFIX = 'least';
/** The rights that docs/operations.md lists under "Rights". */
const REDIS_RIGHTS = [
  `~${KEY_PREFIX}:*`,
  'resetchannels',
  `&${KEY_PREFIX}:*`,
  '+@all',
  '-@admin',
  '-@dangerous',
  '+info',
  '+client|setname',
  '+client|setinfo',
  '+client|list',
];
const app = { name: 'app', password: SECRET, roles: ['readWrite'] };
const reader = { name: 'reader', password: SECRET, roles: ['read'] };

const redis = ownRedis();
let mongod: MongodWithUsers;
let operator: Redis;
let store: Store;
const children: Child[] = [];

beforeAll(async () => {
  mongod = await startMongodWithUsers([app, reader]);
  operator = new Redis(redis.url);
  await operator.call('ACL', 'SETUSER', 'app', 'on', `>${SECRET}`, ...REDIS_RIGHTS);
  await operator.call('ACL', 'SETUSER', 'blind', 'on', `>${SECRET}`, ...REDIS_RIGHTS, '-info');
  await operator.call('ACL', 'LOG', 'RESET');
  store = await openStore(mongod.toUrl(app));
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await store.close();
  operator.disconnect();
  await mongod.stop();
});

const toRedisUrl = (user: string) => redis.url.replace('redis://', `redis://${user}:${SECRET}@`);

const toEnv = (changes: Record<string, string> = {}) =>
  systemEnv(
    { mongodbUrl: mongod.toUrl(app), redisUrl: toRedisUrl('app'), keyPrefix: KEY_PREFIX },
    changes,
  );

/** Returns the error output of a process that fails to start. */
async function runUntilFailure(entry: string, changes: Record<string, string>): Promise<string> {
  const started = startChild(entry, await toEnv(changes));
  const failure = await started.then(
    (child) => child.stop().then(() => '\nthe process has started'),
    (error: Error) => error.message,
  );
  return failure.split('\n').slice(1).join('\n').trim();
}

test('readWrite and the documented Redis rights are enough', async () => {
  const env = await toEnv();
  const api = await startChild('api/main.ts', env);
  children.push(api, await startChild('worker/main.ts', env));
  const [variant] = await givenVariants(store, [{ onHand: 5 }]);
  const apiKey = await givenApiKey(store, variant.shopId);
  const apiUrl = `http://127.0.0.1:${env['PORT']}`;
  const outcome = await storefront(apiUrl, apiKey).buy('one', [
    { variantId: variant.variantId, quantity: 1 },
  ]);
  expect(outcome.status).toBe('placed');
  const basic = Buffer.from(`${env['OPS_USERNAME']}:${env['OPS_PASSWORD']}`).toString('base64');
  for (const path of ['/ops/queues/api/queues', '/metrics', '/ops/verdict', '/readyz']) {
    const headers = { authorization: `Basic ${basic}` };
    expect((await fetch(`${apiUrl}${path}`, { headers })).status).toBe(200);
  }
  expect(await operator.call('ACL', 'LOG')).toEqual([]);
});

test.each([
  [
    'worker/main.ts',
    'a Redis user without INFO',
    { REDIS_URL: () => toRedisUrl('blind') },
    /^The Redis user of REDIS_URL lacks a right: .*'info'/,
  ],
  [
    'api/main.ts',
    'a Redis user without INFO',
    { REDIS_URL: () => toRedisUrl('blind') },
    /^The Redis user of REDIS_URL lacks a right: .*'info'/,
  ],
  [
    'api/main.ts',
    'a MongoDB user that may only read',
    { MONGODB_URL: () => mongod.toUrl(reader) },
    /^The MongoDB user of MONGODB_URL lacks a right: it may not run \w+ on lastunit/,
  ],
  [
    'worker/main.ts',
    'a wrong MongoDB password',
    { MONGODB_URL: () => mongod.toUrl({ ...app, password: `${SECRET}1` }) },
    /^MongoDB does not accept the user and password of MONGODB_URL/,
  ],
])(
  '%s with %s does not start: the last line names the cause, and no line has a stack or the password',
  async (entry, _what, changes, line) => {
    const env = Object.entries(changes).map(([name, value]) => [name, value()]);
    const failure = await runUntilFailure(entry, Object.fromEntries(env));
    expect(failure.split('\n').at(-1)).toMatch(line);
    expect(failure).not.toMatch(/^\s+at /m);
    expect(failure).not.toContain(SECRET);
  },
);

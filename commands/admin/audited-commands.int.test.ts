import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startSession } from '../../api/access/sessions/session-store.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { runAdmin } from './run-admin.ts';

const namespace = testNamespace();
let store: Store;
let shopId: string;
let keyId: string;

beforeAll(async () => {
  store = await openTestStore(namespace);
  shopId = await givenShop(store);
  keyId = (await createApiKey(store, { shopId, name: 'till', scopes: [] }, new Date())).id;
  vi.stubEnv('MONGODB_URL', namespace.mongodbUrl);
  vi.stubEnv('SECRETS_KEY', newSystemSecrets().secretsKey);
});
afterAll(() => void vi.unstubAllEnvs());

/** Makes the database refuse every audit entry of a command until the returned function is called. */
async function refuseEntries(): Promise<() => Promise<void>> {
  const validate = async (validator: object) => {
    await store.connection.db?.command({ collMod: store.audit.collectionName, validator });
  };
  onTestFinished(() => validate({}));
  await validate({ action: { $ne: 'ops.command' } });
  return () => validate({});
}

const readShop = async () => [
  await store.shops.findOne({ _id: shopId }),
  await store.apiKeys.find({ shopId }).toArray(),
  await store.sessions.find({ shopId }).toArray(),
];
const readShops = () => store.shops.find().toArray();
const readOperators = () => store.operators.find().toArray();

/** Each command of `operators` follows from the one before. */
const COMMANDS: [string, () => string[], () => Promise<unknown>][] = [
  ['create-shop', () => ['--name', 'New', '--email', 'new@shops.example'], readShops],
  ['create-key', () => ['--shop', shopId, '--name', 'second', '--scopes', 'all'], readShop],
  ['revoke-key', () => ['--key', keyId], readShop],
  ['reset-password', () => ['--shop', shopId], readShop],
  ['end-sessions', () => ['--shop', shopId], readShop],
  ['operators add', () => ['ana', '--role', 'admin'], readOperators],
  ['operators password', () => ['ana'], readOperators],
  ['operators remove', () => ['ana'], readOperators],
];

test.each(COMMANDS)(
  'the command %s changes nothing if its audit entry cannot be written',
  async (command, args, read) => {
    await startSession(store, systemClock, shopId, {});
    const run = () => runAdmin([...command.split(' '), ...args()], Readable.from(['']));
    const before = await read();
    const allowEntries = await refuseEntries();
    await expect(run()).rejects.toThrow('Document failed validation');
    expect(await read()).toEqual(before);
    await allowEntries();
    await run();
    expect(await read()).not.toEqual(before);
    expect(await store.audit.countDocuments({ 'detail.command': command })).toBe(1);
  },
);

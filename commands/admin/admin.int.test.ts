import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { toSigningSecret } from '../../api/access/signing-secret.ts';
import { givenSeller, logIn, refresh } from '../../api/testing/sessions.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { ADMIN_COMMANDS, runAdmin } from './run-admin.ts';

const END_NOTICED_MS = 5_000;

const namespace = testNamespace();
const secrets = newSystemSecrets();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { secrets });
});
afterAll(() => api.close());

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

const env = { MONGODB_URL: namespace.mongodbUrl, SECRETS_KEY: secrets.secretsKey };

afterEach(() => vi.unstubAllEnvs());

/** Runs a command with `input` on its standard input. */
async function admin(args: readonly string[], input = '', changes = {}): Promise<Outcome> {
  for (const [name, value] of Object.entries({ ...env, ...changes })) vi.stubEnv(name, value);
  try {
    return { code: 0, out: await runAdmin(args, Readable.from([input])), error: '' };
  } catch (error) {
    return { code: 1, out: '', error: errorMessage(error) };
  }
}

/** Runs a command in its own process, as an operator does. */
async function adminProcess(args: readonly string[], input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [`${projectRoot}commands/admin.ts`, ...args], {
    env: childEnv(env),
    stdio: 'pipe',
  });
  child.stdin.end(input);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, error };
}

async function runForResult<Result>(args: readonly string[], input?: string): Promise<Result> {
  const { code, out, error } = await admin(args, input);
  if (code !== 0) throw new Error(error);
  return JSON.parse(out) as Result;
}

interface CreatedKey {
  readonly keyId: string;
  readonly apiKey: string;
  readonly signingSecret: string;
}

const statusWith = async (apiKey: string) =>
  (await apiClient(api.url, apiKey).get('/v1/products')).status;

test('the help names every command', async () => {
  const { code, out } = await adminProcess(['--help']);
  expect(code).toBe(0);
  for (const name of Object.keys(ADMIN_COMMANDS)) expect(out).toContain(name);
});

test('a process prints its result on standard output, or the reason of its failure', async () => {
  const args = ['create-shop', '--name', 'x', '--email', 'process@shops.example'];
  const { code, out } = await adminProcess([...args, '--password-stdin'], 'a good password');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ shop: { email: 'process@shops.example' } });
  expect(await adminProcess(args)).toEqual({
    code: 1,
    out: '',
    error: 'Another shop already has the e-mail address process@shops.example.\n',
  });
});

test.each([
  [[], 'There is no command'],
  [['make-coffee'], 'There is no command make-coffee'],
  [['constructor'], 'There is no command constructor'],
  [['create-shop', '--name', 'x'], '--email is required'],
  [['create-shop', '--name', 'x', '--email', 'x'], '--email is not an e-mail address'],
  [
    ['create-shop', '--name', 'x'.repeat(201), '--email', 'x@shops.example'],
    '--name is not valid: Too big',
  ],
  [['list-keys', '--shop', 'unknown@shops.example'], 'There is no shop unknown@shops.example'],
  [['revoke-key', '--key', 'key_1'], 'There is no such key'],
  [
    ['create-key', '--shop', 'x', '--name', 'x', '--scopes', 'all,keys'],
    'No such scope: all, keys',
  ],
  [
    [
      ...['create-key', '--shop', 'x', '--name', 'x', '--scopes', 'all'],
      ...['--expires-at', '9999-12-31T23:59:59-05:00'],
    ],
    '--expires-at must be a future time',
  ],
  [['end-sessions', '--all'], '--all'],
  [['operators'], 'There is no command operators'],
  [['operators', 'add', '--role', 'admin'], 'NAME is required'],
  [['operators', 'add', 'ana'], '--role is required'],
  [['operators', 'add', 'ana', 'bob', '--role', 'admin'], 'Only one NAME'],
  [['operators', 'add', 'ana', '--role', 'king'], '--role must be admin or read-only'],
  [['operators', 'add', 'a:b', '--role', 'admin'], 'NAME must have 1 to 64 characters'],
  [['operators', 'add', 'admin', '--role', 'admin'], 'The audit log uses the name admin'],
  [['operators', 'remove', 'no-one'], 'There is no operator no-one'],
  [['operators', 'password', 'no-one'], 'There is no operator no-one'],
])('%j is refused with a message', async (args, words) => {
  const { code, error, out } = await admin(args);
  expect([code, out]).toEqual([1, '']);
  expect(error).toContain(words);
  expect(error).not.toMatch(/\n\s+at /);
});

describe('a shop', () => {
  test('is created with a working password and key', async () => {
    const args = ['create-shop', '--name', 'First', '--email', 'First@Shops.Example'];
    const created: { shop: { id: string; email: string; password: string }; key: CreatedKey } =
      await runForResult(args);
    expect(created.shop).toMatchObject({ name: 'First', email: 'first@shops.example' });
    const session = await logIn(api, created.shop);
    expect((await session.get('/v1/shop')).body.id).toBe(created.shop.id);
    expect(await statusWith(created.key.apiKey)).toBe(200);
    const { keyId, signingSecret } = created.key;
    expect(signingSecret).toBe(toSigningSecret(secrets.secretsKey, keyId, 0));
    expect((await admin(args)).error).toContain('Another shop already has the e-mail address');
    const entry = await api.context.store.audit.findOne({ target: created.shop.id });
    expect(entry).toMatchObject({
      action: 'ops.command',
      actor: { kind: 'operator', id: 'admin' },
      detail: { command: 'create-shop', keyId },
    });
    expect(JSON.stringify(entry)).not.toContain(created.shop.password);
  });

  test('can get a password that is not printed', async () => {
    const password = 'given by a person';
    const args = [
      'create-shop',
      '--name',
      'x',
      '--email',
      'given@shops.example',
      '--password-stdin',
    ];
    const { out } = await admin(args, `${password}\n`);
    expect(out).not.toContain(password);
    expect(await logIn(api, { email: 'given@shops.example', password })).toHaveProperty(
      'expiresIn',
    );
    expect(
      (await admin([...args.slice(0, 4), 'b@shops.example', args[5] ?? ''], 'short')).error,
    ).toBe('The password is too short or too long.');
  });

  test('that lost its password gets another password and is logged out', async () => {
    const seller = await givenSeller(api);
    const { shop }: { shop: { password: string } } = await runForResult([
      'reset-password',
      '--shop',
      seller.email,
    ]);
    expect((await refresh(api, seller.refreshToken)).status).toBe(401);
    expect(await logIn(api, { email: seller.email, password: shop.password })).toHaveProperty(
      'get',
    );
  });

  test('is logged out of one session or of all sessions', async () => {
    const seller = await givenSeller(api);
    const second = await logIn(api, seller);
    const [session] = await api.context.store.sessions
      .find({ shopId: seller.shopId })
      .sort({ _id: 1 })
      .toArray();
    const endOne = ['end-sessions', '--shop', seller.shopId, '--session', session?._id ?? ''];
    expect(await runForResult(endOne)).toMatchObject({ sessionsEnded: 1 });
    expect((await refresh(api, seller.refreshToken)).status).toBe(401);
    expect(await runForResult(['end-sessions', '--shop', seller.email])).toMatchObject({
      sessionsEnded: 1,
    });
    const readStatus = () => second.get('/v1/shop').then(({ status }) => status);
    await expect.poll(readStatus, { timeout: END_NOTICED_MS }).toBe(401);
  });
});

describe('an operator', () => {
  const signIn = async (name: string, password: string) => {
    const encoded = Buffer.from(`${name}:${password}`).toString('base64');
    const headers = { authorization: `Basic ${encoded}` };
    return (await fetch(`${api.url}/ops`, { headers })).status;
  };

  test('is added, listed without a hash, gets another password, and is removed', async () => {
    const added: { operator: { password: string } } = await runForResult([
      ...['operators', 'add', 'ana', '--role', 'read-only'],
    ]);
    expect(added.operator).toMatchObject({ name: 'ana', role: 'read-only' });
    expect(await signIn('ana', added.operator.password)).toBe(200);
    const stored = await api.context.store.operators.findOne({ _id: 'ana' });
    expect(stored?.passwordHash).toMatch(/^\$argon2id\$/);
    const again = ['operators', 'add', 'ana', '--role', 'admin'];
    expect((await admin(again)).error).toBe('There is already an operator ana.');
    const { out } = await admin(['operators', 'list']);
    expect(JSON.parse(out)).toEqual([
      { name: 'ana', role: 'read-only', createdAt: expect.any(String) },
    ]);
    const change = ['operators', 'password', 'ana', '--password-stdin'];
    expect((await admin(change, 'given by a person\n')).out).not.toContain('given by a person');
    expect(await signIn('ana', added.operator.password)).toBe(401);
    expect(await signIn('ana', 'given by a person')).toBe(200);
    expect(await runForResult(['operators', 'remove', 'ana'])).toEqual({ removed: 'ana' });
    expect(await signIn('ana', 'given by a person')).toBe(401);
    const entries = await api.context.store.audit.find({ target: 'ana' }).toArray();
    expect(entries.map(({ action, detail }) => [action, detail?.['command']])).toEqual([
      ['ops.command', 'operators add'],
      ['ops.command', 'operators password'],
      // The login with the old password. The entry of the login after the removal names no
      // operator.
      ['ops.login_refused', undefined],
      ['ops.command', 'operators remove'],
    ]);
    expect(JSON.stringify(entries)).not.toContain(added.operator.password);
  });

  test('does not get the name of the login that `npm start` has generated', async () => {
    const dataDir = await temporaryFolder();
    const login = JSON.stringify({ username: 'boss', password: 'generated' });
    await writeFile(join(dataDir, 'ops.json'), login);
    const add = ['operators', 'add', 'boss', '--role', 'admin'];
    const { error } = await admin(add, '', { DATA_DIR: dataDir });
    expect(error).toBe('The audit log uses the name boss for another operator.');
  });
});

describe('a key', () => {
  test('is created with its settings, listed without its secrets, and revoked', async () => {
    const seller = await givenSeller(api);
    const created: CreatedKey = await runForResult([
      ...[
        'create-key',
        '--shop',
        seller.email,
        '--name',
        'till',
        '--scopes',
        'orders:read,catalog:read',
      ],
      ...['--expires-at', '2035-01-01T00:00:00Z', '--quota', '5000000'],
    ]);
    expect(await statusWith(created.apiKey)).toBe(200);
    const { out } = await admin(['list-keys', '--shop', seller.shopId]);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({
        keyId: created.keyId,
        name: 'till',
        scopes: ['catalog:read', 'orders:read'],
        quotaPerMinute: 5_000_000,
        expiresAt: '2035-01-01T00:00:00.000Z',
      }),
    ]);
    expect(out).not.toMatch(/hash/i);
    expect(await runForResult(['revoke-key', '--key', created.keyId])).toEqual({
      keyId: created.keyId,
      shopId: seller.shopId,
      wasRevokedBefore: false,
    });
    const status = () => statusWith(created.apiKey);
    await expect.poll(status, { timeout: END_NOTICED_MS }).toBe(401);
  });

  test('that leaked is revoked by the key itself', async () => {
    const { apiKey, keyId } = await api.withScopes(api.shopB, ['catalog:read']);
    expect(await statusWith(apiKey)).toBe(200);
    expect(await runForResult(['revoke-key', '--stdin'], `${apiKey}\n`)).toMatchObject({ keyId });
    await expect.poll(() => statusWith(apiKey), { timeout: END_NOTICED_MS }).toBe(401);
  });

  test('that must sign is not created without SECRETS_KEY', async () => {
    const args = ['create-key', '--shop', api.shopA.shopId, '--name', 'x', '--scopes', 'all'];
    const env = { SECRETS_KEY: '', DATA_DIR: '/nonexistent' };
    const { code, error } = await admin([...args, '--require-signature'], '', env);
    expect(code).toBe(1);
    expect(error).toContain('SECRETS_KEY must be set');
  });
});

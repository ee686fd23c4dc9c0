import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startChild } from '../rig/child.ts';

const TIMEOUT_MS = 20_000;

const run = promisify(execFile);
const namespace = testNamespace();
const { signingKeys, secretsKey } = newSystemSecrets();

/** All settings that production requires. */
const complete = {
  NODE_ENV: 'production',
  MONGODB_URL: namespace.mongodbUrl,
  REDIS_URL: namespace.redisUrl,
  KEY_PREFIX: namespace.keyPrefix,
  SIGNING_KEYS: JSON.stringify(signingKeys),
  SECRETS_KEY: secretsKey,
  OPS_USERNAME: 'ops',
  OPS_PASSWORD: 'a password for tests',
};

/** Runs a script that must fail and returns its error output. */
async function runUntilError(script: string, env: Record<string, string>): Promise<string> {
  const options = { cwd: projectRoot, env: childEnv(env), timeout: TIMEOUT_MS };
  const ended = run(process.execPath, [script], options);
  return ended.then(
    () => 'the script ended without an error',
    (error: { stderr: string }) => error.stderr,
  );
}

test.each([
  'MONGODB_URL',
  'REDIS_URL',
  'SIGNING_KEYS',
  'SECRETS_KEY',
  'OPS_USERNAME',
  'OPS_PASSWORD',
])('in production the API does not start without %s and names the variable', async (name) => {
  expect(await runUntilError('api/main.ts', { ...complete, [name]: '' })).toContain(name);
});

test('a worker does not start without SECRETS_KEY, which signs webhooks', async () => {
  const errorOutput = await runUntilError('worker/main.ts', { ...complete, SECRETS_KEY: '' });
  expect(errorOutput).toContain('SECRETS_KEY');
});

test.each([
  ['SIGNING_KEYS', '[{"kty":"oct","k":"c2VjcmV0"}]'],
  ['SECRETS_KEY', 'short'],
  ['OPS_PASSWORD', 'short'],
])(
  'the API does not start with an invalid %s and does not print the value',
  async (name, value) => {
    const errorOutput = await runUntilError('api/main.ts', { ...complete, [name]: value });
    expect(errorOutput).toContain(name);
    expect(errorOutput).not.toContain(value);
  },
);

test('the API starts with all required settings', async () => {
  const PORT = String(await freePort());
  const child = await startChild('api/main.ts', { ...complete, PORT });
  const { status } = await fetch(`http://127.0.0.1:${PORT}/healthz`);
  await child.stop();
  expect(status).toBe(200);
});

test('outside production the two URLs are enough, no operator can log in, and a name without a password is refused', async () => {
  const { MONGODB_URL, REDIS_URL, KEY_PREFIX } = complete;
  const PORT = String(await freePort());
  const unset = { OPS_USERNAME: '', OPS_PASSWORD: '', SIGNING_KEYS: '', SECRETS_KEY: '' };
  const env = { ...unset, NODE_ENV: 'development', MONGODB_URL, REDIS_URL, KEY_PREFIX, PORT };
  const [api, worker] = [
    await startChild('api/main.ts', env),
    await startChild('worker/main.ts', env),
  ];
  const ready = await fetch(`http://127.0.0.1:${PORT}/readyz`);
  const login = `Basic ${Buffer.from('operator:operator').toString('base64')}`;
  const ops = await fetch(`http://127.0.0.1:${PORT}/ops`, { headers: { authorization: login } });
  await Promise.all([api.stop(), worker.stop()]);
  expect([ready.status, ops.status]).toEqual([200, 401]);
  const half = { ...env, OPS_USERNAME: 'ops' };
  expect(await runUntilError('api/main.ts', half)).toContain('OPS_PASSWORD is not set');
});

test('the demo shop cannot be seeded in production', async () => {
  expect(await runUntilError('commands/seed.ts', complete)).toContain('cannot be seeded');
});

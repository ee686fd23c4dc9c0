import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { systemSecrets } from './system-secrets.ts';

const configured = newSystemSecrets();
const SIGNING_KEYS = JSON.stringify(configured.signingKeys);
const SECRETS_KEY = configured.secretsKey;

test('secrets are generated once, readable only by their owner, and reused', async () => {
  const DATA_DIR = await temporaryFolder();
  const first = await systemSecrets(readEnv({ DATA_DIR }));
  const file = join(DATA_DIR, 'secrets.json');
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  expect(first.signingKeys).toHaveLength(2);
  expect(await systemSecrets(readEnv({ DATA_DIR }))).toEqual(first);
  await writeFile(file, '{"half":');
  expect(await systemSecrets(readEnv({ DATA_DIR }))).not.toEqual(first);
});

test('configured secrets are used and not stored', async () => {
  const DATA_DIR = await temporaryFolder();
  const env = readEnv({ DATA_DIR, SIGNING_KEYS, SECRETS_KEY, NODE_ENV: 'production' });
  expect(await systemSecrets(env)).toEqual(configured);
  await expect(readFile(join(DATA_DIR, 'secrets.json'))).rejects.toThrow('ENOENT');
});

test.each([
  ['SIGNING_KEYS', { SECRETS_KEY }],
  ['SECRETS_KEY', { SIGNING_KEYS }],
  ['SIGNING_KEYS', {}],
])('in production %s must be set', async (name, settings) => {
  const DATA_DIR = await temporaryFolder();
  const env = readEnv({ ...settings, DATA_DIR, NODE_ENV: 'production' });
  await expect(systemSecrets(env)).rejects.toThrow(`In production ${name} must be set`);
});

test.each(['[ ]', '[{"kty":"OKP"}]', '[1]', '[not json]'])(
  'SIGNING_KEYS=%s is refused',
  async (text) => {
    const env = readEnv({ SIGNING_KEYS: text, SECRETS_KEY });
    await expect(systemSecrets(env)).rejects.toThrow('SIGNING_KEYS must be');
  },
);

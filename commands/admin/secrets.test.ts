import { Readable } from 'node:stream';
import { parseEnv } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { newSystemSecrets, parseSigningKeys } from '../../shared/access/system-secrets.ts';
import { runAdmin } from './run-admin.ts';

const { signingKeys } = newSystemSecrets();

afterEach(() => vi.unstubAllEnvs());

function admin(command: string, SIGNING_KEYS = ''): Promise<string> {
  vi.stubEnv('SIGNING_KEYS', SIGNING_KEYS);
  return runAdmin([command], Readable.from(['']));
}

test('new-secrets prints secrets as lines of an env file that the API accepts', async () => {
  const out = await admin('new-secrets');
  const { SIGNING_KEYS = '', SECRETS_KEY } = parseEnv(out);
  expect(parseSigningKeys(SIGNING_KEYS)).toHaveLength(2);
  expect(SECRETS_KEY).toMatch(/^[\w-]{43}$/);
  expect(await admin('new-secrets')).not.toBe(out);
});

test('rotate-signing-keys lets keys overlap: the next key signs, and the old key still verifies', async () => {
  const out = await admin('rotate-signing-keys', JSON.stringify(signingKeys));
  const rotated = parseSigningKeys(parseEnv(out)['SIGNING_KEYS'] ?? '');
  const [signing, next] = signingKeys;
  expect(rotated?.map(({ kid }) => kid)).toEqual([next?.kid, expect.any(String), signing?.kid]);
});

test('rotate-signing-keys adds a next key to a single key, and drops the oldest keys over time', async () => {
  let keys = signingKeys.slice(0, 1);
  for (let rotation = 0; rotation < 20; rotation += 1) {
    const out = await admin('rotate-signing-keys', JSON.stringify(keys));
    const rotated = parseSigningKeys(parseEnv(out)['SIGNING_KEYS'] ?? '') ?? [];
    expect(rotated.map(({ kid }) => kid)).toContain(keys[0]?.kid);
    expect(new Set(rotated.map(({ kid }) => kid)).size).toBe(rotated.length);
    keys = rotated;
  }
  expect(keys).toHaveLength(8);
});

test.each([
  ['without keys', '', 'SIGNING_KEYS must be set'],
  ['with an invalid list of keys', '[{"kty":"oct"}]', 'SIGNING_KEYS must be'],
])('%s nothing is rotated', async (_, given, words) => {
  await expect(admin('rotate-signing-keys', given)).rejects.toThrow(words);
});

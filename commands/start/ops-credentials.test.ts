import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { opsCredentials } from './ops-credentials.ts';

test('a password is generated once, stored for its owner only, and reused', async () => {
  const dataDir = await temporaryFolder();
  const first = await opsCredentials(readEnv({ DATA_DIR: dataDir }));
  const passwordFile = join(dataDir, 'ops.json');
  expect(first).toMatchObject({ username: 'operator', passwordFile });
  expect(first.password.length).toBeGreaterThanOrEqual(24);
  expect(((await stat(passwordFile)).mode & 0o777).toString(8)).toBe('600');
  expect(await opsCredentials(readEnv({ DATA_DIR: dataDir }))).toEqual(first);
});

test('a configured password is used and not stored, with or without a user name', async () => {
  const dataDir = await temporaryFolder();
  const settings = { OPS_PASSWORD: 'long-enough', DATA_DIR: dataDir };
  const credentials = await opsCredentials(readEnv({ ...settings, OPS_USERNAME: 'ana' }));
  expect(credentials).toEqual({ username: 'ana', password: 'long-enough' });
  const unnamed = await opsCredentials(readEnv(settings));
  expect(unnamed).toEqual({ username: 'operator', password: 'long-enough' });
  await expect(readFile(join(dataDir, 'ops.json'))).rejects.toThrow('ENOENT');
});

test('in production OPS_PASSWORD must be set too', async () => {
  const dataDir = await temporaryFolder();
  const env = readEnv({ NODE_ENV: 'production', OPS_USERNAME: 'ana', DATA_DIR: dataDir });
  await expect(opsCredentials(env)).rejects.toThrow('OPS_PASSWORD must be set');
});

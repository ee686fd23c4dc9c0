import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { opsCredentials } from './ops-credentials.ts';

test('generates a password once, stores it for its owner only, and reuses it', async () => {
  const dataDir = await temporaryFolder();
  const first = await opsCredentials(readEnv({ DATA_DIR: dataDir }));
  const passwordFile = join(dataDir, 'ops.json');
  expect(first).toMatchObject({ username: 'operator', passwordFile });
  expect(first.password.length).toBeGreaterThanOrEqual(24);
  expect(((await stat(passwordFile)).mode & 0o777).toString(8)).toBe('600');
  expect(await opsCredentials(readEnv({ DATA_DIR: dataDir }))).toEqual(first);
});

test('uses configured credentials and does not store them', async () => {
  const dataDir = await temporaryFolder();
  const settings = { OPS_USERNAME: 'ana', OPS_PASSWORD: 'long-enough', DATA_DIR: dataDir };
  const credentials = await opsCredentials(readEnv(settings));
  expect(credentials).toEqual({ username: 'ana', password: 'long-enough' });
  await expect(readFile(join(dataDir, 'ops.json'))).rejects.toThrow('ENOENT');
});

test('production requires both settings', async () => {
  const dataDir = await temporaryFolder();
  const env = readEnv({ NODE_ENV: 'production', OPS_USERNAME: 'ana', DATA_DIR: dataDir });
  await expect(opsCredentials(env)).rejects.toThrow('OPS_PASSWORD must be set');
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { findSystem } from './running-system.ts';

const DEMO = {
  apiUrl: 'http://127.0.0.1:3000',
  seller: { apiKey: 'seller key' },
  ops: { username: 'operator', password: 'secret' },
};

async function envWith(demo: unknown) {
  const dataDir = await temporaryFolder();
  await writeFile(join(dataDir, 'demo.json'), JSON.stringify(demo));
  return { dataDir, opsUsername: undefined, opsPassword: undefined };
}

test('finds the system that npm start describes in its file', async () => {
  expect(await findSystem({}, await envWith(DEMO))).toEqual({
    apiUrl: DEMO.apiUrl,
    apiKey: 'seller key',
    ops: DEMO.ops,
  });
});

test('flags override the environment, and both override the file', async () => {
  const env = { ...(await envWith(DEMO)), opsUsername: 'env', opsPassword: 'env password' };
  const flags = { 'api-url': 'http://10.0.0.1:80/', 'ops-username': 'flag' };
  expect(await findSystem(flags, env)).toEqual({
    apiUrl: 'http://10.0.0.1:80',
    apiKey: 'seller key',
    ops: { username: 'flag', password: 'env password' },
  });
});

test('needs no file if everything is specified', async () => {
  const flags = { 'api-url': 'http://10.0.0.1', 'api-key': 'key' };
  const env = { dataDir: '/nowhere', opsUsername: 'ops', opsPassword: 'password' };
  expect(await findSystem(flags, env)).toMatchObject({ apiUrl: 'http://10.0.0.1', apiKey: 'key' });
});

test('names what is missing or wrong', async () => {
  const emptyEnv = { dataDir: '/nowhere', opsUsername: undefined, opsPassword: undefined };
  await expect(findSystem({}, emptyEnv)).rejects.toThrow('Nothing runs on /nowhere');
  const { seller: _, ...half } = DEMO;
  await expect(findSystem({}, await envWith(half))).rejects.toThrow('seller is missing or wrong');
  await expect(findSystem({ 'api-url': 'here' }, await envWith(DEMO))).rejects.toThrow('not a URL');
});

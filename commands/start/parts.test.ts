import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { projectRoot, readEnv } from '../../shared/runtime/env.ts';
import { API_NODE_ARGS } from '../../shared/services/processes/api-node-args.ts';
import { listParts } from './parts.ts';

const secrets = newSystemSecrets();
const settings = {
  mongodbUrl: 'mongodb://host/db',
  redisUrl: 'redis://host',
  ops: { username: 'ops', password: 'a password' },
  secrets,
};

test('the parts are an API and the configured number of workers', () => {
  const names = listParts(readEnv({ WORKERS: '2' })).map(({ name }) => name);
  expect(names).toEqual(['api', 'worker-1', 'worker-2']);
});

test('an API has the same heap limit with `npm start` and `npm run api`', async () => {
  const { scripts } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  const nodeArgs = API_NODE_ARGS.join(' ');
  expect(scripts.api).toBe(`exec node commands/bootstrap.mjs ${nodeArgs} api/main.ts`);
  const [api, worker] = listParts(readEnv({ WORKERS: '1' }));
  expect(api?.nodeArgs).toEqual(API_NODE_ARGS);
  expect(worker?.nodeArgs).toBeUndefined();
});

test('API and workers get SECRETS_KEY; only the API gets the signing keys and the operator’s login', () => {
  const [api, worker] = listParts(readEnv({ WORKERS: '1' }), settings);
  const common = { MONGODB_URL: 'mongodb://host/db', SECRETS_KEY: secrets.secretsKey };
  expect(api?.env).toMatchObject({ ...common, OPS_PASSWORD: 'a password' });
  expect(worker?.env).toMatchObject(common);
  expect(Object.keys(worker?.env ?? {})).not.toContain('SIGNING_KEYS');
  expect(Object.keys(worker?.env ?? {})).not.toContain('OPS_PASSWORD');
  expect(Object.keys(worker?.env ?? {})).not.toContain('METRICS_PORT');
});

test('workers that serve metrics get a port each and the operator’s login', () => {
  const env = readEnv({ WORKERS: '3', METRICS_PORT: '9464' });
  const [api, ...workers] = listParts(env, settings);
  expect(workers.map((worker) => worker.env['METRICS_PORT'])).toEqual(['9464', '9465', '9466']);
  for (const worker of workers) {
    expect(worker.env).toMatchObject({ OPS_USERNAME: 'ops', OPS_PASSWORD: 'a password' });
    expect(Object.keys(worker.env)).not.toContain('SIGNING_KEYS');
  }
  expect(Object.keys(api?.env ?? {})).not.toContain('METRICS_PORT');
});

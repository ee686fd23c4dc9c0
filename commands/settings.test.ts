import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot, SETTINGS } from '../shared/runtime/env.ts';

/** Settings that only tests read. */
const TEST_SETTINGS = SETTINGS.filter((name) => /^(TEST_|PROMISES$)/.test(name));
/**
 * Settings that docker-compose.yml does not pass on: a container has its own address and folders,
 * and its replicas instead of WORKERS.
 */
const NOT_PASSED_ON = ['HOST', 'PORT', 'DATA_DIR', 'CACHE_DIR', 'WORKERS', 'NODE_ENV'];
/** Settings of a worker's metrics, which only the worker's container has. */
const METRICS_SETTINGS = ['METRICS_HOST', 'METRICS_PORT'];

const read = (file: string) => readFile(join(projectRoot, file), 'utf8');
const settingsWithout = (...excluded: string[]) =>
  SETTINGS.filter((name) => !excluded.includes(name)).toSorted();

test('.env.example names exactly the settings that are not for tests, each of them once', async () => {
  const names = [...(await read('.env.example')).matchAll(/^#?([A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(names.toSorted()).toEqual(settingsWithout(...TEST_SETTINGS));
});

test('the README lists every setting', async () => {
  const readme = await read('README.md');
  const missing = SETTINGS.filter((name) => !readme.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test('containers get every setting that is not for tests or specific to a container', async () => {
  const compose: { services: Record<string, { environment: object }> } = parse(
    await read('docker-compose.yml'),
    { merge: true },
  );
  for (const service of ['api', 'worker']) {
    const names = Object.keys(compose.services[service]?.environment ?? {});
    const settings = names.filter((name) => !METRICS_SETTINGS.includes(name));
    expect(settings.toSorted()).toEqual(
      settingsWithout(...TEST_SETTINGS, ...NOT_PASSED_ON, ...METRICS_SETTINGS),
    );
  }
});

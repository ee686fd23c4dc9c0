import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot, SETTINGS } from '../shared/runtime/env.ts';

/** Settings that only tests read. */
const OF_TESTS = SETTINGS.filter((name) => /^(TEST_|PROMISES$)/.test(name));
/**
 * Settings that docker-compose.yml does not pass on: a container has its own address and folders, and
 * its replicas instead of WORKERS.
 */
const OF_CONTAINERS = ['HOST', 'PORT', 'DATA_DIR', 'CACHE_DIR', 'WORKERS', 'NODE_ENV'];
/** The metrics port of workers is set for each container. */
const OF_WORKERS = ['METRICS_HOST', 'METRICS_PORT'];

const read = (file: string) => readFile(join(projectRoot, file), 'utf8');
const without = (...left: string[]) => SETTINGS.filter((name) => !left.includes(name)).toSorted();

test('.env.example names every setting that is not for tests once, and nothing else', async () => {
  const names = [...(await read('.env.example')).matchAll(/^#?([A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(names.toSorted()).toEqual(without(...OF_TESTS));
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
    const settings = names.filter((name) => !OF_WORKERS.includes(name));
    expect(settings.toSorted()).toEqual(without(...OF_TESTS, ...OF_CONTAINERS, ...OF_WORKERS));
  }
});

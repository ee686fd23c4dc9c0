import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot, SETTINGS } from '../shared/runtime/env.ts';

/** Settings that only tests read. */
const OF_TESTS = SETTINGS.filter((name) => /^(TEST_|PROMISES$)/.test(name));
/**
 * Settings that a container has for itself: its address, its folders and the number of its
 * replicas.
 */
const OF_CONTAINERS = ['HOST', 'PORT', 'DATA_DIR', 'CACHE_DIR', 'WORKERS', 'NODE_ENV'];
/** The metrics port of workers is set for each container. */
const OF_WORKERS = ['METRICS_HOST', 'METRICS_PORT'];

const read = (file: string) => readFile(join(projectRoot, file), 'utf8');
const without = (...left: string[]) => SETTINGS.filter((name) => !left.includes(name)).toSorted();

test('.env.example names every setting once, and no other', async () => {
  const named = [...(await read('.env.example')).matchAll(/^#?([A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(named.toSorted()).toEqual(without(...OF_TESTS));
});

test('the README lists every setting', async () => {
  const readme = await read('README.md');
  const missing = SETTINGS.filter((name) => !readme.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

test('containers get every other setting', async () => {
  const compose: { services: Record<string, { environment: object }> } = parse(
    await read('docker-compose.yml'),
    { merge: true },
  );
  for (const service of ['api', 'worker']) {
    const given = Object.keys(compose.services[service]?.environment ?? {});
    const settings = given.filter((name) => !OF_WORKERS.includes(name));
    expect(settings.toSorted()).toEqual(without(...OF_TESTS, ...OF_CONTAINERS, ...OF_WORKERS));
  }
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot, SETTINGS } from '../shared/runtime/env.ts';

/** What only tests read. */
const OF_TESTS = SETTINGS.filter((name) => /^(TEST_|PROMISES$)/.test(name));
/** What a container has for itself: where it listens and keeps files, how many of it there are. */
const OF_CONTAINERS = ['HOST', 'PORT', 'DATA_DIR', 'CACHE_DIR', 'WORKERS', 'NODE_ENV'];
/** Where workers tell their figures is between them and who scrapes them. */
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

test('containers are given every setting that is not theirs', async () => {
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

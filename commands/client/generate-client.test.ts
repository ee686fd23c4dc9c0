import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../shared/runtime/env.ts';
import { describeForClient, GENERATED, generateClient } from './generate-client.ts';
import { REPEATABLE } from './generate-resources.ts';
import { listOperations } from './operations.ts';

test('the generated files are up to date: run `npm run client`', async () => {
  const files = await generateClient();
  const folder = join(projectRoot, GENERATED);
  expect((await readdir(folder)).toSorted()).toEqual(Object.keys(files).toSorted());
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(join(folder, name), 'utf8'), name).toBe(text);
  }
});

test('each repeatable operation exists', () => {
  const ids = listOperations(describeForClient()).map(({ id }) => id);
  expect([...REPEATABLE].filter((id) => !ids.includes(id))).toEqual([]);
});

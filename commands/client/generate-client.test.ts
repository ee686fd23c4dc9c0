import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Context } from 'hono';
import { expect, test } from 'vitest';
import { EXPORT_MS_MAX } from '../../api/catalog/import-export/stream-file.ts';
import { ROUTES } from '../../api/routes.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { describeForClient, GENERATED, generateClient } from './generate-client.ts';
import { LONG_OPERATIONS_MS, REPEATABLE } from './generate-resources.ts';
import { listOperations } from './operations.ts';

/** The default of the client's `timeoutMs`. */
const ATTEMPT_MS = 30_000;

test('the generated files are up to date: run `npm run client`', async () => {
  const files = await generateClient();
  const folder = join(projectRoot, GENERATED);
  expect((await readdir(folder)).toSorted()).toEqual(Object.keys(files).toSorted());
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(join(folder, name), 'utf8'), name).toBe(text);
  }
});

test('each repeatable and each long operation exists', () => {
  const ids = listOperations(describeForClient()).map(({ id }) => id);
  const named = [...REPEATABLE, ...Object.keys(LONG_OPERATIONS_MS)];
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
});

test('an attempt may take longer than the API takes', () => {
  const specs = ROUTES.map(({ spec }) => spec).filter(({ access }) => !('operator' in access));
  const cutOff = specs.filter(({ operationId, timeoutMs = 0, extraMs, responses }) => {
    const isFile = 'text/csv' in (responses[200]?.media ?? {});
    const waitMs = extraMs?.(new Context(new Request('http://api'))) ?? 0;
    const answerMs = timeoutMs + waitMs + (isFile ? EXPORT_MS_MAX : 0);
    return (LONG_OPERATIONS_MS[operationId] ?? ATTEMPT_MS) <= answerMs;
  });
  expect(cutOff.map(({ operationId }) => operationId)).toEqual([]);
});

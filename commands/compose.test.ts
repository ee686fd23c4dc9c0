import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../shared/runtime/env.ts';

const COMPOSE_GO = 'github.com/compose-spec/compose-go/v2@v2.9.1';
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** The schema of the Compose specification, as its reference implementation carries it. */
async function composeSchema(): Promise<object | undefined> {
  try {
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', COMPOSE_GO], {
      timeout: DOWNLOAD_TIMEOUT_MS,
    });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    return JSON.parse(await readFile(join(Dir, 'schema', 'compose-spec.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

test('docker-compose.yml keeps to the Compose specification', async ({ skip }) => {
  const schema = await composeSchema();
  if (schema === undefined) return skip('Go, which brings the schema, is not on this machine');
  const text = await readFile(join(projectRoot, 'docker-compose.yml'), 'utf8');
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
  const { $schema: _, ...draft } = schema as Record<string, unknown>;
  const isValid = ajv.compile(draft);
  isValid(parse(text, { merge: true }));
  expect(isValid.errors ?? []).toEqual([]);
}, 90_000);

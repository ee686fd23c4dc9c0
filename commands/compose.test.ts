import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot, readEnv } from '../shared/runtime/env.ts';
import { DRAIN_TIMEOUT_MS } from '../shared/runtime/shutdown.ts';
import { temporaryFolder } from '../shared/testing/temporary-folder.ts';

const COMPOSE_FILE = join(projectRoot, 'docker-compose.yml');

interface Finding {
  readonly type: string;
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

/** Returns the errors that the linter finds in a file. The order of keys is no error. */
function findErrors(path: string): string[] {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  // The types of dclint cannot be resolved from ES modules.
  const files: readonly { readonly messages: readonly Finding[] }[] = linter.lintFiles(
    [path],
    false,
  );
  const findings = files.flatMap(({ messages }) => messages);
  const errors = findings.filter(({ type }) => type === 'error');
  return errors.map(({ rule, line, message }) => `${rule}, line ${line}: ${message}`);
}

test('docker-compose.yml conforms to the Compose specification', () => {
  expect(findErrors(COMPOSE_FILE)).toEqual([]);
});

test('Docker waits longer for a stopping process than the process takes', async () => {
  const compose: { services: Record<string, { stop_grace_period?: string }> } = parse(
    await readFile(COMPOSE_FILE, 'utf8'),
    { merge: true },
  );
  const graceMs = (service: string) =>
    Number(/^(\d+)s$/.exec(compose.services[service]?.stop_grace_period ?? '')?.[1]) * 1_000;
  const { drainDelayS, drainTimeoutS } = readEnv({});
  expect(graceMs('api')).toBeGreaterThan((drainDelayS + drainTimeoutS) * 1_000);
  expect(graceMs('worker')).toBeGreaterThan(DRAIN_TIMEOUT_MS);
});

test('the linter finds an error in an invalid file', async () => {
  const text = await readFile(COMPOSE_FILE, 'utf8');
  const path = join(await temporaryFolder(), 'docker-compose.yml');
  await writeFile(path, text.replace('    image: mongo:8\n', '    immage: mongo:8\n'));
  expect(findErrors(path)).toEqual([
    expect.stringMatching(/^invalid-schema, .*additional propert/),
  ]);
});

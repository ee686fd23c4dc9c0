import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, SETTINGS } from '../shared/runtime/env.ts';

/** In the table about the API, paths are relative to `api/`. */
const FOLDERS = ['', 'api'];
const MANY = 100;

async function readSource(path: string): Promise<string> {
  for (const folder of FOLDERS) {
    const text = await readFile(join(projectRoot, folder, path), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`docs/architecture.md names ${path}, which does not exist`);
}

interface Bound {
  readonly names: readonly string[];
  readonly files: readonly string[];
}

/** Reads the rows of tables that name constants in the second column and files in the third. */
async function readBounds(): Promise<Bound[]> {
  const text = await readFile(join(projectRoot, 'docs', 'architecture.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, constants = '', where = ''] = line.split(' | ');
    const names = constants.match(/(?<=`)[A-Z][A-Z0-9_]{3,}(?=`)/g) ?? [];
    const files = where.match(/(?<=`)[\w./-]+\.ts(?=`)/g) ?? [];
    return names.length > 0 && files.length > 0 ? [{ names, files }] : [];
  });
}

test('each bound in docs/architecture.md is a setting, or a constant in a file of its row', async () => {
  const bounds = await readBounds();
  expect(bounds.length).toBeGreaterThan(MANY);
  const settings = new Set<string>(SETTINGS);
  const missing: string[] = [];
  for (const { names, files } of bounds) {
    const sources = (await Promise.all(files.map(readSource))).join('\n');
    missing.push(
      ...names.filter((name) => !settings.has(name) && !new RegExp(`\\b${name}\\b`).test(sources)),
    );
  }
  expect(missing).toEqual([]);
});

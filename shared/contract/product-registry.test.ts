import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { loadTypes, PRODUCT_TYPES } from './product-registry.ts';

test('the product types are clothing, electronics, furniture and general', () => {
  const names = PRODUCT_TYPES.map((type) => type.name);
  expect(names).toEqual(['clothing', 'electronics', 'furniture', 'general']);
});

test.each(PRODUCT_TYPES)(
  '$name requires no attribute and refuses unknown attributes; only general accepts any text',
  ({ name, attributes }) => {
    expect(attributes.safeParse({}).success).toBe(true);
    expect(attributes.safeParse({ bogus: 1 }).success).toBe(false);
    expect(attributes.safeParse({ bogus: 'a text' }).success).toBe(name === 'general');
  },
);

async function writeFolder(files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'product-types-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

const exporting = (name: string) => `export const productType = { name: '${name}' };`;

test('every .ts file is a product type unless it is a test or hidden', async () => {
  const folder = await writeFolder({
    'books2.ts': exporting('books'),
    'board_games.ts': exporting('games'),
    'Toys.ts': exporting('toys'),
    'books2.test.ts': 'throw new Error()',
    '.#books2.ts': 'throw new Error()',
    'notes.md': '# Notes',
  });
  const types = await loadTypes(folder);
  expect(types.map((type) => type.name).sort()).toEqual(['books', 'games', 'toys']);
});

test.each([
  [{ 'a1.ts': 'export const other = 1;' }, 'a1.ts exports no productType'],
  [{ 'a.ts': exporting('same'), 'b_2.ts': exporting('same') }, 'the same name'],
])('loading the files %j fails', async (files, message) => {
  await expect(loadTypes(await writeFolder(files))).rejects.toThrow(message);
});

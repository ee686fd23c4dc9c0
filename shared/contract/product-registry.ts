import { readdirSync } from 'node:fs';
import type { ProductType } from './product-type.ts';

const FOLDER = new URL('./product-types/', import.meta.url);

/** Every product type, by name. Each file in `product-types/` is one: adding a file adds a type. */
export const PRODUCT_TYPES: readonly ProductType[] = await loadTypes(FOLDER);

/**
 * The product types of a folder, one of each `.ts` file that is neither a test nor hidden. None is
 * passed over for its name: a type that is not there would be missed by its first buyer only.
 * @throws Error when a file exports none, or two of them have the same name
 */
export async function loadTypes(folder: URL): Promise<ProductType[]> {
  const files = readdirSync(folder).filter((name) => /^[^.].*\.ts$/.test(name));
  const sources = files.filter((name) => !name.endsWith('.test.ts'));
  const types = await Promise.all(sources.sort().map((file) => loadType(folder, file)));
  const names = new Set(types.map((type) => type.name));
  if (names.size !== types.length) throw new Error('two product types have the same name');
  return types;
}

async function loadType(folder: URL, file: string): Promise<ProductType> {
  const { productType } = (await import(new URL(encodeURIComponent(file), folder).href)) as {
    productType?: ProductType;
  };
  if (productType === undefined) throw new Error(`${file} exports no productType`);
  return productType;
}

import { readdirSync } from 'node:fs';
import type { ProductType } from './product-type.ts';

const FOLDER = new URL('./product-types/', import.meta.url);

/** Every product type, by name. Each file in `product-types/` is one: adding a file adds a type. */
export const PRODUCT_TYPES: readonly ProductType[] = await loadTypes();

async function loadTypes(): Promise<ProductType[]> {
  const files = readdirSync(FOLDER).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const types = await Promise.all(files.sort().map(loadType));
  const names = new Set(types.map((type) => type.name));
  if (names.size !== types.length) throw new Error('two product types have the same name');
  return types;
}

async function loadType(file: string): Promise<ProductType> {
  const { productType } = (await import(new URL(file, FOLDER).href)) as {
    productType?: ProductType;
  };
  if (productType === undefined) throw new Error(`${file} exports no productType`);
  return productType;
}

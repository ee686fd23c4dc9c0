import { readdirSync } from 'node:fs';
import type { z } from 'zod';
import type { namedTexts } from './named-texts.ts';

/** A kind of product: its name in `type`, and the attributes that it can have. */
export interface ProductType {
  readonly name: string;
  /** Strict, so that a misspelt attribute is refused; or free, with any names. */
  readonly attributes: z.ZodObject<z.ZodRawShape, z.core.$strict> | ReturnType<typeof namedTexts>;
}

const FOLDER = new URL('./product-types/', import.meta.url);

/** Every product type, sorted by file name. Each file in `product-types/` adds one. */
export const PRODUCT_TYPES: readonly ProductType[] = await loadTypes(FOLDER);

/**
 * Loads the product types of a folder: one from each `.ts` file that is neither a test nor hidden.
 * @throws Error if a file exports no product type, or two types have the same name
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

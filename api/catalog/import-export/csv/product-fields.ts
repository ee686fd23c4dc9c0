import { readJson, splitCell } from './csv-values.ts';

/** The columns of the product's fields that are neither plain texts nor limits, by field. */
export const PRODUCT_FIELD_COLUMNS = {
  publishAt: 'publish_at',
  saleFrom: 'sale_from',
  saleUntil: 'sale_until',
  tags: 'tags',
  media: 'media',
  metadata: 'metadata',
} as const;

type ProductField = keyof typeof PRODUCT_FIELD_COLUMNS;

/** The fields in the order of their columns. */
export const PRODUCT_FIELDS = Object.keys(PRODUCT_FIELD_COLUMNS) as ProductField[];

/** Reads the cell of a field. The schema refuses what cannot be read. */
export function readProductField(field: ProductField, cell: string): unknown {
  if (field === 'tags') return splitCell(cell);
  if (field === 'media') return readJson(cell) ?? splitCell(cell, /\s/).map((url) => ({ url }));
  return field === 'metadata' ? (readJson(cell) ?? cell) : cell;
}

/** Returns the cells of these fields in the order of their columns; empty for absent fields. */
export function productFieldCells(
  product: { readonly [Field in ProductField]?: unknown },
): string[] {
  return PRODUCT_FIELDS.map((field) => {
    const value = product[field];
    if (value === undefined) return '';
    if (value instanceof Date) return value.toISOString();
    return field === 'tags' ? (value as readonly string[]).join(', ') : JSON.stringify(value);
  });
}

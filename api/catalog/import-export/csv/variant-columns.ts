/** The column in which each field of a variant stands, by the field's dotted path. */
export const VARIANT_COLUMNS: Readonly<Record<string, string>> = {
  sku: 'sku',
  title: 'variant_title',
  price: 'price',
  compareAtPrice: 'compare_at_price',
  currency: 'currency',
  'quantityRule.min': 'min_quantity',
  'quantityRule.max': 'max_quantity',
  'quantityRule.step': 'quantity_step',
};

const TEXTS = new Set(['sku', 'title', 'currency']);
const WHOLE_NUMBER = /^\d{1,15}$/;

const FIELD_OF_COLUMN = new Map(
  Object.entries(VARIANT_COLUMNS).map(([field, column]) => [column, field]),
);

/** Puts a cell into its field; what should be a number and is none is left for the schema. */
export function putField(variant: Record<string, unknown>, column: string, cell: string): void {
  const field = FIELD_OF_COLUMN.get(column);
  if (field === undefined) return;
  const value = !TEXTS.has(field) && WHOLE_NUMBER.test(cell) ? Number(cell) : cell;
  const [name = '', inner] = field.split('.');
  variant[name] = inner === undefined ? value : { ...(variant[name] as object), [inner]: value };
}

/** The cell of each column for a variant, in their order; empty where it has no such field. */
export function fieldCells(variant: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(VARIANT_COLUMNS).map((field) => {
    const [name = '', inner] = field.split('.');
    const outer = variant[name];
    const value =
      inner === undefined ? outer : (outer as Record<string, unknown> | undefined)?.[inner];
    return value === undefined ? '' : String(value);
  });
}

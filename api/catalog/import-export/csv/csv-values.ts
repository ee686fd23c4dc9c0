import { minorUnitDigits } from '../../../../shared/contract/iso-codes.ts';
import { PRODUCT_TYPES } from '../../../../shared/contract/product-registry.ts';

/** The column of each field of a variant, by the field's dotted path. */
export const VARIANT_COLUMNS: Readonly<Record<string, string>> = {
  sku: 'sku',
  title: 'variant_title',
  price: 'price',
  compareAtPrice: 'compare_at_price',
  currency: 'currency',
  'quantityRule.min': 'min_quantity',
  'quantityRule.max': 'max_quantity',
  'quantityRule.step': 'quantity_step',
  'purchaseLimit.quantity': 'purchase_limit',
  'purchaseLimit.days': 'purchase_limit_days',
  metadata: 'variant_metadata',
};

/** The column of the units on hand, which only some files have. */
export const STOCK_COLUMN = 'on_hand';

/** The columns of a product's own purchase limit, by field. */
export const PRODUCT_LIMIT_COLUMNS = {
  quantity: 'product_purchase_limit',
  days: 'product_purchase_limit_days',
} as const;

const FIELD_OF_COLUMN = new Map(
  [...Object.entries(VARIANT_COLUMNS), ['onHand', STOCK_COLUMN] as const].map(([field, column]) => [
    column,
    field,
  ]),
);
const TYPE_NAMES = PRODUCT_TYPES.map(({ name }) => name);
const TEXTS = new Set(['sku', 'title']);
const WHOLE_NUMBER = /^\d{1,15}$/;
const LIST_SEPARATOR = /[,;|\n]/;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  '0': false,
};

/** Sets the field of a variant that a column is for. The schema refuses what cannot be read. */
export function putField(variant: Record<string, unknown>, column: string, cell: string): void {
  const field = FIELD_OF_COLUMN.get(column);
  if (field === undefined) return;
  const [name = '', inner] = field.split('.');
  const value = fieldValue(field, cell);
  variant[name] = inner === undefined ? value : { ...(variant[name] as object), [inner]: value };
}

/** Reads a cell as a whole number. Returns other texts unchanged; the schema refuses them. */
export function readWholeNumber(cell: string): string | number {
  return WHOLE_NUMBER.test(cell) ? Number(cell) : cell;
}

function fieldValue(field: string, cell: string): unknown {
  if (field === 'currency') return cell.toUpperCase();
  if (field === 'metadata') return readJson(cell) ?? cell;
  return TEXTS.has(field) ? cell : readWholeNumber(cell);
}

/** Returns the cells of a variant in the order of `VARIANT_COLUMNS`; empty for absent fields. */
export function fieldCells(variant: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(VARIANT_COLUMNS).map((field) => {
    const [name = '', inner] = field.split('.');
    const outer = variant[name];
    const value =
      inner === undefined ? outer : (outer as Record<string, unknown> | undefined)?.[inner];
    if (value === undefined) return '';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

/** Finds the product type of a cell, in any letter case; returns the cell if there is none. */
export function findTypeName(cell: string): string {
  return findIgnoringCase(TYPE_NAMES, cell);
}

/**
 * Finds the name of a type's attribute, in any letter case. Returns the text itself if the type has
 * no such attribute, or if it allows any attributes.
 */
export function findAttributeName(type: string, text: string): string {
  const attributes = PRODUCT_TYPES.find(({ name }) => name === type)?.attributes;
  if (attributes === undefined || !('shape' in attributes)) return text;
  return findIgnoringCase(Object.keys(attributes.shape), text);
}

function findIgnoringCase(names: readonly string[], text: string): string {
  if (names.includes(text)) return text;
  return names.find((name) => name.toLowerCase() === text.toLowerCase()) ?? text;
}

/**
 * Returns the first interpretation of a cell that the attribute's schema accepts: the text itself,
 * the text as JSON (`40`, `["USB-C","HDMI"]`), in lower case, as a boolean (`TRUE`, `yes`, `0`), or
 * as a list with separators. Otherwise returns the cell, which the schema then refuses.
 */
export function readAttribute(type: string, name: string, cell: string): unknown {
  const schema = PRODUCT_TYPES.find((known) => known.name === type)?.attributes;
  const accepts = (value: unknown) => schema?.safeParse({ [name]: value }).success === true;
  if (schema === undefined || accepts(cell)) return cell;
  const word = cell.trim().toLowerCase();
  const readings = [readJson(cell), word, BOOLEANS[word], splitCell(cell)];
  return readings.find((value) => value !== undefined && accepts(value)) ?? cell;
}

/** Reads a cell as JSON; undefined if it is not JSON. */
export function readJson(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return undefined;
  }
}

/** Splits a cell at the separators of lists; drops empty items and the blanks around items. */
export function splitCell(cell: string, separator = LIST_SEPARATOR): string[] {
  const items = cell.split(separator).map((item) => item.trim());
  return items.filter((item) => item !== '');
}

/** Returns the cell for an attribute's value, the inverse of `readAttribute`. */
export function writeAttribute(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A longer cell is not read as an amount: the time for that grows with the square of its length. */
const AMOUNT_LENGTH_MAX = 40;

/** Explains what a seller must write instead of an invalid price; undefined for a whole number. */
export function priceAdvice(cell: string, currency: string): string | undefined {
  if (WHOLE_NUMBER.test(cell)) return undefined;
  if (/^[-−]/.test(cell)) return 'A price is 0 or more.';
  const digits = minorUnitDigits(currency);
  const rule =
    digits === 0
      ? `${currency} has no minor unit. Write prices as whole numbers`
      : 'Write prices in minor units, without a point';
  const minorUnits = cell.length > AMOUNT_LENGTH_MAX ? undefined : toMinorUnits(cell, digits);
  if (minorUnits !== undefined) return `${rule}: ${minorUnits} for ${cell}.`;
  const fraction = '50'.padEnd(digits, '0');
  const example = digits === 0 ? `${rule}: 1250.` : `${rule}: 12${fraction} for 12.${fraction}.`;
  return cell === '' ? `A price is required. ${example}` : example;
}

/** Reads an amount as people write it; undefined if it is ambiguous. */
function toMinorUnits(cell: string, digits: number): string | undefined {
  const amount = /^[^\d.,-]*(\d[\d.,'’\s]*?)[^\d.,]*$/.exec(cell)?.[1];
  if (amount === undefined) return undefined;
  const [, whole = amount, fraction = ''] = /^(.*)[.,](\d{1,2}|\d{4,})$/.exec(amount) ?? [];
  const isGrouped = /^\d{1,3}([.,'’\s]\d{3})*$/.test(whole) || /^\d+$/.test(whole);
  // Three digits after a point or comma can be a fraction or thousands, unless the currency has no
  // fractions.
  const isAmbiguous = digits > 0 && fraction === '' && /[.,]/.test(amount);
  if (!isGrouped || isAmbiguous || fraction.length > digits) return undefined;
  const minorUnits = whole.replace(/\D/g, '') + fraction.padEnd(digits, '0');
  return minorUnits.replace(/^0+(?=\d)/, '');
}

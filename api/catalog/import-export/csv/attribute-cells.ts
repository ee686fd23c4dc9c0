import { PRODUCT_TYPES } from '../../../../shared/contract/product-registry.ts';

/**
 * The value that a cell stands for: the text itself where the attribute can be that text, else
 * what the text is as JSON (`40`, `true`, `["USB-C","HDMI"]`). What is neither is left as text, to
 * be refused by the product's schema.
 */
export function attributeOf(type: string, name: string, cell: string): unknown {
  const schema = PRODUCT_TYPES.find((each) => each.name === type)?.attributes;
  const accepts = (value: unknown) => schema?.safeParse({ [name]: value }).success === true;
  if (schema === undefined || accepts(cell)) return cell;
  try {
    const value: unknown = JSON.parse(cell);
    return accepts(value) ? value : cell;
  } catch {
    return cell;
  }
}

/** The cell for an attribute's value; `attributeOf` makes the value of it again. */
export function cellOfAttribute(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

import { namedTexts } from '../named-texts.ts';
import type { ProductType } from '../product-registry.ts';

/** Products of any other kind: the shop names the attributes itself. */
export const productType: ProductType = {
  name: 'general',
  attributes: namedTexts({ namesMax: 50, lengthMax: 500 }),
};

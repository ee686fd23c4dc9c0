import { z } from 'zod';
import type { ProductType } from '../product-registry.ts';
import { humanText } from '../text.ts';

const word = humanText(100);

export const productType: ProductType = {
  name: 'clothing',
  attributes: z.strictObject({
    brand: word.optional(),
    material: word.optional(),
    color: word.optional(),
    size: word.optional(),
    fit: z.enum(['slim', 'regular', 'loose']).optional(),
    audience: z.enum(['women', 'men', 'unisex', 'children']).optional(),
    care: humanText(500).optional(),
  }),
};

import { z } from 'zod';
import type { ProductType } from '../product-type.ts';

const word = z.string().min(1).max(100);

export const productType: ProductType = {
  name: 'clothing',
  attributes: z.strictObject({
    brand: word.optional(),
    material: word.optional(),
    color: word.optional(),
    size: word.optional(),
    fit: z.enum(['slim', 'regular', 'loose']).optional(),
    audience: z.enum(['women', 'men', 'unisex', 'children']).optional(),
    care: z.string().min(1).max(500).optional(),
  }),
};

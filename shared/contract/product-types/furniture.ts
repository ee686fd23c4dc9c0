import { z } from 'zod';
import type { ProductType } from '../product-registry.ts';
import { humanText } from '../text.ts';

const word = humanText(100);
const SIDE_MM_MAX = 100_000;
const WEIGHT_GRAMS_MAX = 10_000_000;

const sideMm = z.int().min(1).max(SIDE_MM_MAX).optional();

export const productType: ProductType = {
  name: 'furniture',
  attributes: z.strictObject({
    brand: word.optional(),
    material: word.optional(),
    color: word.optional(),
    room: word.optional(),
    size: word.optional(),
    widthMm: sideMm,
    heightMm: sideMm,
    depthMm: sideMm,
    weightGrams: z.int().min(1).max(WEIGHT_GRAMS_MAX).optional(),
    needsAssembly: z.boolean().optional(),
  }),
};

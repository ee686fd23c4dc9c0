import { z } from 'zod';
import type { ProductType } from '../product-registry.ts';
import { humanText } from '../text.ts';

const word = humanText(100);
const POWER_WATTS_MAX = 100_000;
const WARRANTY_MONTHS_MAX = 600;

export const productType: ProductType = {
  name: 'electronics',
  attributes: z.strictObject({
    brand: word.optional(),
    manufacturer: word.optional(),
    model: word.optional(),
    color: word.optional(),
    powerWatts: z.number().min(0).max(POWER_WATTS_MAX).optional(),
    warrantyMonths: z.int().min(0).max(WARRANTY_MONTHS_MAX).optional(),
    connectors: z.array(word).max(20).optional(),
  }),
};

import type { z } from 'zod';

/** A kind of product: what it is called in `type`, and which attributes it can have. */
export interface ProductType {
  readonly name: string;
  /** Strict, so that a misspelt attribute is refused and not lost. */
  readonly attributes: z.ZodObject<z.ZodRawShape, z.core.$strict>;
}

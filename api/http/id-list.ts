import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';
import { PAGE_ITEMS_MAX } from '../../shared/contract/limits.ts';

const ID_LENGTH_MAX = 64;
const ID = new RegExp(`^[\\w-]{1,${ID_LENGTH_MAX}}$`);
const DESCRIPTION = `1 to ${PAGE_ITEMS_MAX} ids, separated by commas.`;

/** The parameters of a path with one id. */
export const idParams = z.object({ id: z.string() });

/** A query parameter with several ids, e.g. `ids=var_1,var_2`; duplicates count once. */
export const idList = z
  .string()
  .max(PAGE_ITEMS_MAX * (ID_LENGTH_MAX + 1))
  .transform((text) => [...new Set(text.split(','))])
  .refine((ids) => ids.length <= PAGE_ITEMS_MAX && ids.every((id) => ID.test(id)), DESCRIPTION)
  .openapi({ type: 'string', description: DESCRIPTION, example: EXAMPLE_IDS.variant });

import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';
import { moment } from '../../shared/contract/moment.ts';
import { DRAW_STATUSES, DRAW_UNITS_MAX } from '../../shared/domain/draws.ts';
import { pageQuery } from '../http/paging.ts';
import { drawExample, drawRequestExample } from './examples.ts';

const ID_LENGTH_MAX = 64;
/** A draw with more entries lists them only by pages. */
export const INLINE_ENTRIES_MAX = 1_000;
/** Winners, and entries that were passed over, that a draw lists. */
export const INLINE_WINNERS_MAX = 10_000;
export const PASSED_OVER_MAX = 1_000;
export const ENTRIES_PAGE_MAX = 1_000;

/** The body that creates a draw. */
export const drawRequest = z
  .strictObject({
    variantId: z.string().min(1).max(ID_LENGTH_MAX),
    quantity: z.int().min(1).max(DRAW_UNITS_MAX).describe('Units to set aside.'),
    perBuyer: z
      .int()
      .min(1)
      .max(DRAW_UNITS_MAX)
      .default(1)
      .describe('Units that one entry may ask for.'),
    opensAt: moment.describe(
      'Entries are accepted from then on. A time in the past opens the draw immediately.',
    ),
    closesAt: moment.describe('Entries are accepted before then.'),
  })
  .openapi('DrawRequest', { example: drawRequestExample });

export type DrawRequest = z.output<typeof drawRequest>;

const passedOver = z
  .object({
    id: z.string().describe('The checkout.'),
    code: z
      .string()
      .describe(
        'Why: a rejection code, `waiting` while fewer units are left than it asks for, or `failed`.',
      ),
  })
  .openapi('PassedOverEntry');

/** A draw as anyone sees it. */
export const draw = z
  .object({
    id: z.string(),
    shopId: z.string(),
    productId: z.string(),
    variantId: z.string(),
    quantity: z.int(),
    perBuyer: z.int(),
    opensAt: z.iso.datetime(),
    closesAt: z.iso.datetime(),
    status: z
      .enum(DRAW_STATUSES)
      .openapi('DrawStatus')
      .describe('`closed` while units can still go to an entry, `settled` afterwards.'),
    entryCount: z.int().min(0),
    seedHash: z.string().describe('SHA-256 of the seed, in hex.'),
    seed: z.string().optional().describe('32 bytes in hex; once the draw is closed.'),
    entries: z
      .array(z.string())
      .optional()
      .describe(
        `The checkouts that entered, once it is closed; with more than ${INLINE_ENTRIES_MAX} of them ` +
          'by `GET /v1/draws/{id}/entries` only.',
      ),
    winnerCount: z.int().min(0).optional(),
    winners: z
      .array(z.string())
      .optional()
      .describe(
        'The checkouts that got units, in order: by HMAC-SHA256 of their ids with the seed’s bytes ' +
          `as key, in hex, ascending. The first ${INLINE_WINNERS_MAX}; all by \`GET /v1/draws/{id}/drawn\`.`,
      ),
    passedOver: z
      .array(passedOver)
      .optional()
      .describe(
        'Entries that come before the last winner and got no units, in order. The first ' +
          `${PASSED_OVER_MAX}; all by \`GET /v1/draws/{id}/drawn\`.`,
      ),
    passedOverCount: z.int().min(0).optional().describe('The number of all of them.'),
    createdAt: z.iso.datetime(),
    closedAt: z.iso.datetime().optional(),
    settledAt: z.iso.datetime().optional(),
    cancelledAt: z.iso.datetime().optional(),
  })
  .openapi('Draw', { example: drawExample });

export type ShownDraw = z.output<typeof draw>;

/** Query parameters of the lists of entries. */
export const entriesQuery = z.strictObject({
  limit: z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value),
    z.int().min(1).max(ENTRIES_PAGE_MAX).default(ENTRIES_PAGE_MAX).describe('Entries on a page.'),
  ),
  cursor: pageQuery.cursor,
});

/** A page of entries. */
export const entryPage = z
  .object({
    items: z.array(z.string()),
    nextCursor: z
      .string()
      .nullable()
      .describe('The `cursor` of the next page; null on the last one.'),
  })
  .openapi('DrawEntryPage', { example: { items: drawExample.entries, nextCursor: null } });

/** An entry whose turn has come. */
export const drawnEntry = z
  .object({
    id: z.string().describe('The checkout.'),
    outcome: z
      .string()
      .describe(
        '`placed`, the code of its rejection, `waiting` while fewer units are left than it asks ' +
          'for, or `failed`.',
      ),
  })
  .openapi('DrawnEntry', { example: { id: EXAMPLE_IDS.checkout, outcome: 'placed' } });

export type DrawnEntry = z.output<typeof drawnEntry>;

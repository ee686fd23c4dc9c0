import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';
import { moment } from '../../shared/contract/moment.ts';
import { DRAW_AHEAD_DAYS_MAX, DRAW_STATUSES, DRAW_UNITS_MAX } from '../../shared/domain/draws.ts';
import { pageQuery } from '../http/paging.ts';
import { drawExample, drawRequestExample } from './examples.ts';

const ID_LENGTH_MAX = 64;
/** A response with a draw contains the ids of its entries only if there are at most this many. */
export const INLINE_ENTRIES_MAX = 1_000;
/** A response with a draw contains the ids of at most this many winners, the first of the order. */
export const INLINE_WINNERS_MAX = 10_000;
/**
 * A response with a draw contains at most this many passed-over entries, the first of the order.
 */
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
      .describe('The maximum number of units that one entry may request.'),
    opensAt: moment.describe(
      'Entries are accepted from this time. A time in the past opens the draw immediately.',
    ),
    closesAt: moment.describe(
      `Entries are accepted until just before this time, at most ${DRAW_AHEAD_DAYS_MAX} days ahead.`,
    ),
  })
  .openapi('DrawRequest', { example: drawRequestExample });

export type DrawRequest = z.output<typeof drawRequest>;

const passedOver = z
  .object({
    id: z.string().describe('The id of the checkout.'),
    code: z
      .string()
      .describe(
        'Why the entry got no units: a rejection code, `waiting` while fewer units are left than ' +
          'it requests, or `failed`.',
      ),
  })
  .openapi('PassedOverEntry');

/** A draw in responses. It is public. */
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
    seed: z.string().optional().describe('32 bytes in hex; present once the draw is closed.'),
    entries: z
      .array(z.string())
      .optional()
      .describe(
        'The checkouts that entered; present once the draw is closed. With more than ' +
          `${INLINE_ENTRIES_MAX} entries, absent: use \`GET /v1/draws/{id}/entries\`.`,
      ),
    winnerCount: z.int().min(0).optional(),
    winners: z
      .array(z.string())
      .optional()
      .describe(
        'The checkouts that got units, in ascending order of the HMAC-SHA256 of their ids in hex, ' +
          'with the bytes of the seed as key. Contains the first ' +
          `${INLINE_WINNERS_MAX}; \`GET /v1/draws/{id}/drawn\` lists all.`,
      ),
    passedOver: z
      .array(passedOver)
      .optional()
      .describe(
        'The entries before the last winner that got no units, in the order of `winners`. Contains the ' +
          `first ${PASSED_OVER_MAX}; \`GET /v1/draws/{id}/drawn\` lists all.`,
      ),
    passedOverCount: z
      .int()
      .min(0)
      .optional()
      .describe('The number of all entries before the last winner that got no units.'),
    createdAt: z.iso.datetime(),
    closedAt: z.iso.datetime().optional(),
    settledAt: z.iso.datetime().optional(),
    cancelledAt: z.iso.datetime().optional(),
  })
  .openapi('Draw', { example: drawExample });

export type ShownDraw = z.output<typeof draw>;

/** The query parameters of the lists of entries. */
export const entriesQuery = z.strictObject({
  limit: z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value),
    z
      .int()
      .min(1)
      .max(ENTRIES_PAGE_MAX)
      .default(ENTRIES_PAGE_MAX)
      .describe('The maximum number of entries on a page.'),
  ),
  cursor: pageQuery.cursor,
});

/** A page of the ids of entries. */
export const entryPage = z
  .object({
    items: z.array(z.string()),
    nextCursor: z
      .string()
      .nullable()
      .describe('The `cursor` of the next page; null on the last page.'),
  })
  .openapi('DrawEntryPage', { example: { items: drawExample.entries, nextCursor: null } });

/** An entry that was drawn, with its outcome. */
export const drawnEntry = z
  .object({
    id: z.string().describe('The id of the checkout.'),
    outcome: z
      .string()
      .describe(
        '`placed`, the code of its rejection, `waiting` while fewer units are left than it ' +
          'requests, or `failed`.',
      ),
  })
  .openapi('DrawnEntry', { example: { id: EXAMPLE_IDS.checkout, outcome: 'placed' } });

export type DrawnEntry = z.output<typeof drawnEntry>;

import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { resourceId } from '../../../shared/contract/text.ts';
import { REJECTION_CODES } from '../../../shared/domain/vocabulary.ts';
import { checkoutStatus } from '../../carts/schemas.ts';
import { pageQuery, toPage } from '../../http/paging.ts';
import { searchText } from '../../http/search-text.ts';
import { orderStatus } from '../../orders/schemas.ts';
import { route } from '../context.ts';
import { QUEUED_READ_MAX } from './find-queued.ts';
import { searchRecords } from './find-records.ts';

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const STATUSES = [...checkoutStatus.options, ...orderStatus.options] as const;

const recordsQuery = z
  .strictObject({
    ...pageQuery,
    q: searchText
      .optional()
      .describe(
        'An id of a checkout or an order, a buyer, a contact, an SKU, an Idempotency-Key, or the ' +
          'reference of a payment or a parcel, regardless of case. To search for a prefix, end it ' +
          'with an asterisk.',
      ),
    kind: z.enum(['checkout', 'order']).optional(),
    status: z.enum(STATUSES).optional().describe('The status of a checkout or an order.'),
    reason: z.enum(REJECTION_CODES).optional().describe('Why a checkout was rejected.'),
    shopId: resourceId
      .optional()
      .describe(
        'A shop that sells a line of the checkout or order, or whose storefront created it.',
      ),
    from: moment.optional().describe('Received or placed at this moment or later.'),
    to: moment.optional().describe('Received or placed before this moment.'),
  })
  .refine(({ from, to }) => !from || !to || from < to, {
    path: ['to'],
    error: 'Must be later than from.',
  });

const foundRecord = z
  .object({
    id: z.string(),
    kind: z.enum(['checkout', 'order']),
    checkoutId: z.string(),
    at: z.iso.datetime().describe('When it was received or placed.'),
    buyerId: z.string(),
    status: z.string(),
    reason: z.string().optional().describe('Why the checkout was rejected.'),
    skus: z.array(z.string()),
    total: z.int(),
    currency: z.string(),
  })
  .openapi('FoundRecord', {
    example: {
      id: EXAMPLE_IDS.checkout,
      kind: 'checkout',
      checkoutId: EXAMPLE_IDS.checkout,
      at: '2026-03-01T09:30:00.103Z',
      buyerId: 'buyer-1',
      status: 'rejected',
      reason: 'out_of_stock',
      skus: ['TEE-S'],
      total: 3_800,
      currency: 'GBP',
    },
  });

const recordsPage = toPage(foundRecord, {
  indexedUntil: z.iso
    .datetime()
    .nullable()
    .describe(
      'The search finds all changes up to this moment, and maybe later ones. It falls behind during ' +
        'a sale. Null while the moment is unknown.',
    )
    .openapi({ example: '2026-03-01T09:31:12.000Z' }),
  queuedReadUntil: z.iso
    .datetime()
    .optional()
    .describe(
      `Present if the search stopped after ${QUEUED_READ_MAX} queued checkouts. Checkouts accepted ` +
        'after this moment have not been searched yet: the next page continues with them.',
    ),
});

export const getRecords = route(
  {
    method: 'get',
    path: '/ops/records',
    operationId: 'operations.searchRecords',
    tag: 'operations',
    summary: 'Search checkouts and orders',
    description:
      'Returns the matching checkouts and orders of all shops, the newest first. The search index ' +
      'is about a second behind, and more during a sale (`indexedUntil`). It does not contain queued ' +
      'checkouts: with `status=queued`, or if nothing else matches, the oldest queued checkouts that ' +
      'match are returned.',
    access: { operator: true },
    query: recordsQuery,
    responses: {
      200: { description: 'A page.', schema: recordsPage },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, query }) => ({ status: 200, body: await searchRecords(context, query) }),
);

import { createHash } from 'node:crypto';
import { getRefId } from '@asteasolutions/zod-to-openapi';
import { z } from '@hono/zod-openapi';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../../shared/contract/limits.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import type { Filter, ReadCollection } from '../../shared/store/typed-collection.ts';
import { READ_TIMEOUT_MS } from './bounds.ts';

/** Allows for sort keys that are texts, such as titles. */
const CURSOR_LENGTH_MAX = 1_000;
/** The length of the hash that ties a list name to the filters and the order. */
const TIE_LENGTH = 12;

/** Converts digits to a number. Other input, such as `1e1` or `0x10`, stays a text. */
function parseDigits(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.preprocess(
    parseDigits,
    z
      .int('It must be a whole number, in digits.')
      .min(1)
      .max(PAGE_ITEMS_MAX)
      .default(PAGE_ITEMS_DEFAULT)
      .describe('The maximum number of items on a page.'),
  ),
  cursor: z
    .string()
    .max(CURSOR_LENGTH_MAX)
    .optional()
    .describe('The `nextCursor` of the previous page.'),
};

/** The query of a list without other parameters. */
export const pageQueryOnly = z.strictObject(pageQuery);

const nextCursor = z
  .string()
  .nullable()
  .describe('The `cursor` of the next page; null on the last page.')
  .openapi({ example: null });

/** Returns the responses of a list, for the `responses` of a route. */
export function pageResponses(item: z.ZodType) {
  return {
    200: { description: 'A page.', schema: toPage(item) },
    400: { description: 'Invalid input, or a cursor of another list.' },
  };
}

/**
 * Returns the schema of a page of items. The page of a component `Order` is named `OrderPage`.
 * @param more other members of the page
 */
export function toPage<Item extends z.ZodType, More extends z.ZodRawShape>(
  item: Item,
  more?: More,
) {
  const page = z.object({ items: z.array(item), nextCursor, ...more });
  const name = getRefId(item);
  return name === undefined ? page : page.openapi(`${name}Page`);
}

/**
 * Returns the id in the cursor of a list that is sorted by id; undefined without a cursor.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export function idFromCursor(list: string, cursor: string | undefined): string | undefined {
  const place = placeFromCursor(list, ['string'], cursor);
  return place === undefined ? undefined : String(place[0]);
}

/**
 * Returns a list name that also identifies the filters and the order. A cursor of the list with
 * other filters or another order is then refused.
 */
export function listTiedTo(list: string, query: Readonly<Record<string, unknown>>): string {
  const parameters = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = JSON.stringify(parameters.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${list}.${createHash('sha256').update(text).digest('base64url').slice(0, TIE_LENGTH)}`;
}

/**
 * Returns a cursor: the name of the list and the sort keys of the last item on the page. Because a
 * cursor contains an item's sort keys and not its position, new items do not cause others to be
 * repeated or skipped.
 */
export function cursorAfterPlace(list: string, place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
}

/** Returns whether the cursor has the name of this list. Its sort keys may still be invalid. */
export function matchesList(list: string, cursor: string | undefined): boolean {
  if (cursor === undefined) return false;
  const parsed = placeSchema.safeParse(decode(cursor));
  return parsed.success && parsed.data[0] === list;
}

/**
 * Returns the sort keys in a cursor; undefined without a cursor.
 * @param kinds the types of the sort keys
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export function placeFromCursor(
  list: string,
  kinds: readonly ('string' | 'number')[],
  cursor: string | undefined,
): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  const parsed = placeSchema.safeParse(decode(cursor));
  if (parsed.success) {
    const [name, ...place] = parsed.data;
    const fits =
      place.length === kinds.length && place.every((key, index) => typeof key === kinds[index]);
    if (name === list && fits) return place;
  }
  throw refuseField(
    'invalid_request',
    'cursor',
    'The cursor is invalid, or belongs to another list, other filters or another order. Omit it to start over.',
  );
}

/** A place in a list that is sorted by time, and by id within the same moment. */
export interface TimedPlace {
  readonly time: Date;
  readonly id: string;
}

/**
 * Returns the place in a cursor of a list that is sorted by time and id; undefined without a
 * cursor.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export function timedPlaceFromCursor(
  list: string,
  cursor: string | undefined,
): TimedPlace | undefined {
  const place = placeFromCursor(list, ['number', 'string'], cursor);
  if (place === undefined) return undefined;
  const [epochMs, id] = place;
  const time = new Date(Number(epochMs));
  if (!Number.isNaN(time.getTime())) return { time, id: String(id) };
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}

const placeSchema = z.tuple([z.string()], z.union([z.string(), z.number()]));

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/**
 * Builds a page of at most `limit` items.
 * @param found the items of the page, and one more if there is another page
 * @param toPlace returns the sort keys of an item; by default its id
 */
export function pageFrom<Found extends { readonly _id: string }, Item>(
  list: string,
  found: readonly Found[],
  limit: number,
  present: (found: Found) => Item,
  toPlace: (found: Found) => readonly (string | number)[] = ({ _id }) => [_id],
): Page<Item> {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  const nextCursor = hasMore ? cursorAfterPlace(list, toPlace(last)) : null;
  return { items: shown.map(present), nextCursor };
}

/**
 * A request for up to `limit + 1` items after the id `after`. The additional item shows that there
 * is another page.
 */
export interface PageRequest {
  readonly limit: number;
  readonly after: string | undefined;
}

/**
 * Reads the page that a query requests, of a list that is sorted by id.
 * @param find returns the items of the page, and one more if there is another page
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export async function readPage<Found extends { readonly _id: string }, Item>(
  list: string,
  { limit, cursor }: PageQuery,
  find: (page: PageRequest) => Promise<readonly Found[]>,
  present: (found: Found) => Item,
) {
  const found = await find({ limit, after: idFromCursor(list, cursor) });
  return pageFrom(list, found, limit, present);
}

/** The query parameters of a page. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Reads a page of the documents that match a filter, newest first: their ids sort by time.
 * @param list the name of the list to which the cursors belong
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export async function readNewestFirst<Found extends { readonly _id: string }, Item>(
  collection: Pick<ReadCollection<Found>, 'find'>,
  filter: Filter<Found>,
  { list, limit, cursor }: PageQuery & { readonly list: string },
  present: (found: Found) => Item,
): Promise<Page<Item>> {
  const after = idFromCursor(list, cursor);
  const pageFilter = after === undefined ? filter : { $and: [filter, { _id: { $lt: after } }] };
  const found = await collection
    .find(pageFilter as Filter<Found>, { limit: limit + 1, maxTimeMS: READ_TIMEOUT_MS })
    .sort({ _id: -1 })
    .toArray();
  return pageFrom(list, found, limit, present);
}

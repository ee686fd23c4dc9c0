import { createHash } from 'node:crypto';
import { getRefId } from '@asteasolutions/zod-to-openapi';
import { z } from '@hono/zod-openapi';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../../shared/contract/limits.ts';
import { refuseField } from '../../shared/domain/errors.ts';

/** Room for a key of a list that is sorted by text. */
const CURSOR_LENGTH_MAX = 1_000;
const TIE_LENGTH = 12;

/** A number as it is written with digits alone; anything else (`1e1`, `0x10`) is none. */
function parseDigits(given: unknown): unknown {
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given;
}

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.preprocess(
    parseDigits,
    z
      .int('A whole number, in digits.')
      .min(1)
      .max(PAGE_ITEMS_MAX)
      .default(PAGE_ITEMS_DEFAULT)
      .describe('Items on a page.'),
  ),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().describe('`nextCursor` of the page before.'),
};

const nextCursor = z
  .string()
  .nullable()
  .describe('The `cursor` of the next page; null on the last one.')
  .openapi({ example: null });

/** The schema of a page of `item`s: the component `OrderPage` where these are an `Order`. */
export function toPage<Item extends z.ZodType>(item: Item) {
  const page = z.object({ items: z.array(item), nextCursor });
  const name = getRefId(item);
  return name === undefined ? page : page.openapi(`${name}Page`);
}

/**
 * A cursor is the id of the last item seen, tied to the list it came from. Since it names an item
 * and not a place, what is inserted meanwhile neither repeats nor hides anything.
 */
export function cursorAfter(list: string, id: string): string {
  return Buffer.from(JSON.stringify([list, id])).toString('base64url');
}

/** @throws RefusedError invalid_request when the cursor is not one of this list's */
export function idFromCursor(list: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const parsed = cursorSchema.safeParse(decode(cursor));
  if (parsed.success && parsed.data[0] === list) return parsed.data[1];
  throw refuseField('invalid_request', 'cursor', 'This is not a cursor of this list.');
}

/** A list as it is narrowed and sorted: its cursors are good for the same again, and only for that. */
export function listTiedTo(list: string, asked: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  const text = JSON.stringify(given.sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${list}.${createHash('sha256').update(text).digest('base64url').slice(0, TIE_LENGTH)}`;
}

/** The cursor of a list that is sorted by several keys: the place of the last item seen. */
export function cursorAfterPlace(list: string, place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
}

/** Whether a cursor says that it is this list's; the rest of it may still be wrong. */
export function matchesList(list: string, cursor: string | undefined): boolean {
  if (cursor === undefined) return false;
  const parsed = placeSchema.safeParse(decode(cursor));
  return parsed.success && parsed.data[0] === list;
}

/**
 * @param kinds of the keys that the list is sorted by
 * @throws RefusedError invalid_request when the cursor is not one of this list's
 */
export function placeFromCursor(
  list: string,
  kinds: readonly ('string' | 'number')[],
  cursor: string | undefined,
): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  const parsed = placeSchema.safeParse(decode(cursor));
  if (parsed.success) {
    const [of, ...place] = parsed.data;
    const fits =
      place.length === kinds.length && place.every((key, at) => typeof key === kinds[at]);
    if (of === list && fits) return place;
  }
  throw refuseField(
    'invalid_request',
    'cursor',
    'This is not a cursor of this list as it is narrowed and sorted here.',
  );
}

const placeSchema = z.tuple([z.string()], z.union([z.string(), z.number()]));

const cursorSchema = z.tuple([z.string(), z.string()]);

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Makes a page of `limit` items out of the `limit + 1` that were looked for. */
export function pageFrom<Found extends { readonly _id: string }, Item>(
  list: string,
  found: readonly Found[],
  limit: number,
  present: (found: Found) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = found.length > limit && last ? cursorAfter(list, last._id) : null;
  return { items: shown.map(present), nextCursor };
}

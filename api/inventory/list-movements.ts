import type { z } from 'zod';
import type { Store } from '../../shared/store/store.ts';
import { cursorAfterPlace, listTiedTo, placeOfCursor } from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { presentMovement } from './present-stock.ts';
import type { MovementsQuery, movement } from './schemas.ts';
import { findLevel, queryMovements } from './stock-store.ts';

/** A page of movements as their shop sees them. */
interface MovementsPage {
  readonly items: readonly z.output<typeof movement>[];
  readonly nextCursor: string | null;
}

/**
 * What changed the stock of one of the caller's variants, newest first.
 * @throws RefusedError not_found, or invalid_request when the cursor is not one of this list's
 */
export async function listMovements(
  store: Store,
  principal: Principal,
  variantId: string,
  { limit, cursor, ...asked }: MovementsQuery,
): Promise<MovementsPage> {
  await findLevel(store, principal, variantId);
  const list = listTiedTo(`movements ${variantId}`, asked);
  // Ids of several processes need not sort as the versions do, so the version is the place.
  const [below] = placeOfCursor(list, ['number'], cursor) ?? [];
  const page = { limit, below: below === undefined ? undefined : Number(below) };
  const found = await queryMovements(store, principal, variantId, asked, page).toArray();
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const isLast = found.length <= limit || last === undefined;
  const nextCursor = isLast ? null : cursorAfterPlace(list, [last.version]);
  return { items: shown.map(presentMovement), nextCursor };
}

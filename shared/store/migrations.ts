import type { Migration } from './migration.ts';
import { migration as indexes } from './migrations/0001-indexes.ts';
import { migration as access } from './migrations/0002-access.ts';
import { migration as wholeShop } from './migrations/0003-whole-shop.ts';
import { migration as productRevisions } from './migrations/0004-product-revisions.ts';
import { migration as productListings } from './migrations/0005-product-listings.ts';
import { migration as unusedOrderIndexes } from './migrations/0006-unused-order-indexes.ts';
import { migration as fanOut } from './migrations/0007-fan-out.ts';
import { migration as cancelledCodes } from './migrations/0008-cancelled-codes.ts';
import { migration as joinedWords } from './migrations/0009-joined-words.ts';
import { migration as storefronts } from './migrations/0010-storefronts.ts';
import { migration as processes } from './migrations/0011-processes.ts';
import { migration as searchWords } from './migrations/0012-search-words.ts';
import { migration as productsBySku } from './migrations/0013-products-by-sku.ts';
import { migration as eventsOfShops } from './migrations/0014-events-of-shops.ts';

/** In the order in which they are run; what has been released is never changed or taken out. */
export const MIGRATIONS: readonly Migration[] = [
  indexes,
  access,
  wholeShop,
  productRevisions,
  productListings,
  unusedOrderIndexes,
  fanOut,
  cancelledCodes,
  joinedWords,
  storefronts,
  processes,
  searchWords,
  productsBySku,
  eventsOfShops,
];

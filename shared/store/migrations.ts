import type { Migration } from './migration.ts';
import { migration as first } from './migrations/0001-first.ts';
import { migration as changeImages } from './migrations/0002-change-images.ts';
import { migration as earlyRejections } from './migrations/0003-early-rejections.ts';
import { migration as purchaseLimits } from './migrations/0004-purchase-limits.ts';
import { migration as saleTimes } from './migrations/0005-sale-times.ts';
import { migration as parcels } from './migrations/0006-parcels.ts';
import { migration as tags } from './migrations/0007-tags.ts';
import { migration as search } from './migrations/0008-search.ts';
import { migration as waiting } from './migrations/0009-waiting.ts';
import { migration as erasure } from './migrations/0010-erasure.ts';
import { migration as draws } from './migrations/0011-draws.ts';
import { migration as fewerCheckoutIndexes } from './migrations/0012-fewer-checkout-indexes.ts';

/** All migrations, in order. A released one is never changed, renamed or removed. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  changeImages,
  earlyRejections,
  purchaseLimits,
  saleTimes,
  parcels,
  tags,
  search,
  waiting,
  erasure,
  draws,
  fewerCheckoutIndexes,
];

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { givenDiscount, givenLedger, givenVariants } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { promiseRuns } from '../testing/promises.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { reconcile } from './judging/reconcile.ts';
import { takeVerdict } from './judging/verdict.ts';
import { HELD_SHARE_MAX, type RealLedger, TTL_MS } from './testing/ledger-command.ts';
import { ledgerCommands } from './testing/ledger-commands.ts';
import { LedgerModel } from './testing/ledger-model.ts';

const COMMANDS_MAX = 60;
const ON_HAND_AT_FIRST = [12, 5, 20];
const LIMITS = [
  { usageLimit: 4, usageLimitPerBuyer: 2 },
  { usageLimit: 2, usageLimitPerBuyer: 1 },
];
/** The first two variants belong to one product with a limit; the third has its own limit. */
const PRODUCT_LIMIT = { quantity: 7 };
const VARIANT_LIMIT = { quantity: 9 };
const PURCHASE_LIMITS = [
  { variants: [0, 1], ...PRODUCT_LIMIT },
  { variants: [2], ...VARIANT_LIMIT },
];
const TIMEOUT_MS = promiseRuns(7_200_000, 300_000);

const store = await openTestStore(testNamespace());

async function startOver(): Promise<{ model: LedgerModel; real: RealLedger }> {
  await clearStore(store);
  const clock = manualClock();
  const specs = ON_HAND_AT_FIRST.map((onHand, at) => ({
    onHand,
    shop: 'one',
    ...(at < 2 ? { product: 'two', productLimit: PRODUCT_LIMIT } : { limit: VARIANT_LIMIT }),
  }));
  const variants = await givenVariants(store, specs);
  const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });
  const shopId = variants[0]?.shopId ?? '';
  const discounts = await Promise.all(LIMITS.map((limits) => givenDiscount(store, shopId, limits)));
  return {
    model: new LedgerModel(
      ON_HAND_AT_FIRST,
      { discounts: LIMITS, purchaseLimits: PURCHASE_LIMITS },
      HELD_SHARE_MAX,
    ),
    real: { ledger, clock, variants, discounts },
  };
}

test(
  'PROMISES 7 and 39: after any commands, counters equal the sum of orders and movements and are never negative',
  async () => {
    const commands = fc.commands(ledgerCommands, { maxCommands: COMMANDS_MAX, size: 'max' });
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const { model, real } = await startOver();
        await fc.asyncModelRun(() => ({ model, real }), sequence);
        const { differences } = await reconcile(real.ledger, { fix: false });
        const { ok, inversions, ...whole } = await takeVerdict(store, { drained: true });
        // The verdict does not depend on how much of the record is read at a time.
        const smallestRanges = { checkouts: 1, changes: 1, uses: 1 };
        const byRanges = await takeVerdict(store, { drained: true }, smallestRanges);
        expect(byRanges).toEqual({ ...whole, ok, inversions, at: byRanges.at });
        expect({ differences, ok, inversions }).toEqual({
          differences: [],
          ok: true,
          inversions: 0,
        });
      }),
      { numRuns: promiseRuns(1_000, 5) },
    );
  },
  TIMEOUT_MS,
);

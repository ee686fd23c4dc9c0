import type { WireEvent } from '../shared/contract/events.ts';
import type { AdjustmentCommand, AdjustmentResult } from '../shared/ledger/adjust-stock.ts';
import type { LedgerContext } from '../shared/ledger/ledger.ts';
import type { OrderMoveResult } from '../shared/ledger/move-orders.ts';
import type { WithdrawalResult } from '../shared/ledger/withdraw-checkout.ts';
import { createLocks } from '../shared/locks/product-locks.ts';
import { type CheckoutQueue, openCheckoutQueue } from '../shared/queue/checkout-queue.ts';
import {
  checkEvictionPolicyIfReachable,
  connectFailingFast,
  connectPatiently,
  type RedisClient,
} from '../shared/queue/connections.ts';
import { subscribeEvents } from '../shared/queue/event-bus.ts';
import { type NonceRegister, openNonceRegister } from '../shared/queue/nonce-register.ts';
import { openWebhookQueue, type WebhookQueue } from '../shared/queue/webhook-queue.ts';
import { type Clock, systemClock } from '../shared/runtime/clock.ts';
import type { GroupCommit } from '../shared/runtime/group-commit.ts';
import { createLogger, type Logger } from '../shared/runtime/logger.ts';
import { checkMayWrite } from '../shared/store/check-server.ts';
import { checkIndexes, migrate } from '../shared/store/migrate.ts';
import { openStore, type Store } from '../shared/store/store.ts';
import { KeyRing } from './access/key-ring.ts';
import { PasswordHasher } from './access/passwords/password-hash.ts';
import { SessionWatch } from './access/session-watch.ts';
import { readSigningKeys, type SigningKeys } from './access/tokens/signing-keys.ts';
import { type AuditLog, openAuditLog } from './audit/audit-log.ts';
import { ImportDesk } from './catalog/import-export/staging/import-desk.ts';
import { DiscountBook } from './checkouts/discount-book.ts';
import { groupWithdrawals, type Withdrawal } from './checkouts/group-withdrawals.ts';
import { createIntake, type Intake } from './checkouts/intake.ts';
import { OutcomeWatch } from './checkouts/outcome-watch.ts';
import { PriceBook } from './checkouts/price-book.ts';
import type { ApiConfig } from './config.ts';
import { basePathOf } from './http/base-path.ts';
import { type AddressReader, createAddressReader } from './http/client-address.ts';
import { groupAdjustments } from './inventory/group-adjustments.ts';
import { GuessLimiter } from './limits/guess-limiter.ts';
import { Quotas } from './limits/quota.ts';
import { SignupLimiter } from './limits/signup-limiter.ts';
import { Turns } from './limits/turns.ts';
import { WaitSlots } from './limits/wait-slots.ts';
import { countAccepted } from './ops/metrics/count-accepted.ts';
import { createOps, type Ops } from './ops/ops.ts';
import { groupOrderMoves, type WeighedOrderCommand } from './orders/group-order-moves.ts';
import { DrainState } from './server/drain-state.ts';
import { StorefrontPolicies } from './storefronts/storefront-policies.ts';
import { type HealthMonitor, monitorHealth } from './system/health-monitor.ts';

/** What the API's handlers work with; one for each process, or for each test. */
export interface ApiContext {
  readonly config: ApiConfig;
  /** The path of `PUBLIC_URL`; empty without one. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly ledger: LedgerContext;
  readonly redis: RedisClient;
  readonly queue: CheckoutQueue;
  readonly webhookQueue: WebhookQueue;
  readonly readAddress: AddressReader;
  readonly keyRing: KeyRing;
  readonly sessionWatch: SessionWatch;
  readonly signingKeys: SigningKeys;
  readonly passwords: PasswordHasher;
  readonly guesses: GuessLimiter;
  readonly signups: SignupLimiter;
  readonly waitSlots: WaitSlots;
  readonly quotas: Quotas;
  readonly nonces: NonceRegister;
  readonly audit: AuditLog;
  readonly priceBook: PriceBook;
  readonly storefrontPolicies: StorefrontPolicies;
  /** Changes of one cart take turns here, and need not find out in the database that they meet. */
  readonly cartTurns: Turns;
  readonly importDesk: ImportDesk;
  readonly discountBook: DiscountBook;
  readonly intake: Intake;
  readonly outcomes: OutcomeWatch;
  readonly draining: DrainState;
  readonly orderMoves: GroupCommit<WeighedOrderCommand, OrderMoveResult>;
  readonly withdrawals: GroupCommit<Withdrawal, WithdrawalResult>;
  readonly adjustments: GroupCommit<AdjustmentCommand, AdjustmentResult>;
  readonly ops: Ops;
  readonly health: HealthMonitor;
  close(): Promise<void>;
}

/** Connects to everything and checks that it is as the API needs it. */
export async function createContext(
  config: ApiConfig,
  overrides: { readonly clock?: Clock; readonly log?: Logger } = {},
): Promise<ApiContext> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLogger('api', config.logLevel);
  const store = await openStore(config.mongodbUrl, config.databaseName);
  await migrate(store, { notify: (notice) => log.warn(notice) });
  await checkIndexes(store);
  await checkMayWrite(store);
  const onError = (error: Error) => log.debug({ reason: error.message }, 'redis');
  const redis = connectFailingFast({ url: config.redisUrl, onError });
  const listener = connectPatiently({ url: config.redisUrl, onError });
  if (!(await checkEvictionPolicyIfReachable(redis))) {
    log.warn('Redis cannot be reached: checkouts are accepted and wait');
  }
  const queue = openCheckoutQueue(redis, config.keyPrefix);
  const webhookQueue = openWebhookQueue(redis, config.keyPrefix);
  const ledger: LedgerContext = {
    store,
    clock,
    locks: createLocks(redis, config.keyPrefix),
    reservationTtlMs: config.reservationTtlMs,
  };
  const ops = createOps(store);
  const health = monitorHealth({ store, redis, keyPrefix: config.keyPrefix, clock });
  const importDesk = new ImportDesk(store, log);
  const outcomes = new OutcomeWatch(store);
  const onEvents = (events: readonly WireEvent[]) => outcomes.hear(events);
  const subscription = subscribeEvents(listener, config.keyPrefix, onEvents, { publisher: redis });
  return {
    config,
    basePath: basePathOf(config.publicUrl),
    clock,
    log,
    store,
    ledger,
    redis,
    queue,
    webhookQueue,
    readAddress: createAddressReader(config.trustedProxies, log),
    keyRing: new KeyRing(store, clock),
    sessionWatch: new SessionWatch(store, clock),
    signingKeys: await readSigningKeys(config.secrets.signingKeys),
    passwords: new PasswordHasher(),
    guesses: new GuessLimiter(redis, config.keyPrefix, config.guesses),
    waitSlots: new WaitSlots(config.waits, config.buyers.allSharePercent),
    signups: new SignupLimiter(redis, config.keyPrefix, config.signups),
    nonces: openNonceRegister(redis, config.keyPrefix, () => clock.now().getTime()),
    quotas: new Quotas(redis, config.keyPrefix),
    audit: openAuditLog(store),
    priceBook: new PriceBook(store, clock),
    storefrontPolicies: new StorefrontPolicies(store, clock),
    cartTurns: new Turns('changes of a cart'),
    importDesk,
    discountBook: new DiscountBook(store),
    intake: countAccepted(createIntake(store, queue, log), ops.metrics),
    outcomes,
    draining: new DrainState(),
    orderMoves: groupOrderMoves(ledger),
    withdrawals: groupWithdrawals(ledger, outcomes),
    adjustments: groupAdjustments(ledger),
    ops,
    health,
    close: async () => {
      subscription.close();
      await health.stop();
      await queue.close().catch(() => undefined);
      await webhookQueue.close().catch(() => undefined);
      await importDesk.stop();
      redis.disconnect();
      await store.close();
    },
  };
}

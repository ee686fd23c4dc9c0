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
import { checkIndexes } from '../shared/store/indexes.ts';
import { migrate } from '../shared/store/migrate.ts';
import { openStore, type Store } from '../shared/store/store.ts';
import { ApiKeyCache } from './access/api-key-cache.ts';
import { PasswordHasher } from './access/passwords/password-hash.ts';
import { SessionCache } from './access/session-cache.ts';
import { readSigningKeys, type SigningKeys } from './access/tokens/signing-keys.ts';
import { type AuditLog, openAuditLog } from './audit/audit-log.ts';
import { FileSlots } from './catalog/import-export/file-slots.ts';
import { DiscountLookup } from './checkouts/discount-lookup.ts';
import { groupWithdrawals, type Withdrawal } from './checkouts/group-withdrawals.ts';
import { createIntake, type Intake } from './checkouts/intake.ts';
import { OutcomeSubscriptions } from './checkouts/outcome-subscriptions.ts';
import { PriceCache } from './checkouts/price-cache.ts';
import type { ApiConfig } from './config.ts';
import { basePathOf } from './http/base-path.ts';
import { type AddressReader, createAddressReader } from './http/client-address.ts';
import { groupAdjustments } from './inventory/group-adjustments.ts';
import { GuessLimiter } from './limits/guess-limiter.ts';
import { KeyedMutex } from './limits/keyed-mutex.ts';
import { Quotas } from './limits/quota.ts';
import { SignupLimiter } from './limits/signup-limiter.ts';
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
  readonly apiKeyCache: ApiKeyCache;
  readonly sessionCache: SessionCache;
  readonly signingKeys: SigningKeys;
  readonly passwords: PasswordHasher;
  readonly guesses: GuessLimiter;
  readonly signups: SignupLimiter;
  readonly waitSlots: WaitSlots;
  readonly quotas: Quotas;
  readonly nonces: NonceRegister;
  readonly audit: AuditLog;
  readonly priceCache: PriceCache;
  readonly storefrontPolicies: StorefrontPolicies;
  /** Changes of one cart take turns here, and need not find out in the database that they meet. */
  readonly cartMutex: KeyedMutex;
  readonly fileSlots: FileSlots;
  readonly discountLookup: DiscountLookup;
  readonly intake: Intake;
  readonly outcomes: OutcomeSubscriptions;
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
  const outcomes = new OutcomeSubscriptions(store);
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
    apiKeyCache: new ApiKeyCache(store, clock),
    sessionCache: new SessionCache(store, clock),
    signingKeys: await readSigningKeys(config.secrets.signingKeys),
    passwords: new PasswordHasher(),
    guesses: new GuessLimiter(redis, config.keyPrefix, config.guesses),
    waitSlots: new WaitSlots(config.waits, config.buyers.allSharePercent),
    signups: new SignupLimiter(redis, config.keyPrefix, config.signups),
    nonces: openNonceRegister(redis, config.keyPrefix, () => clock.now().getTime()),
    quotas: new Quotas(redis, config.keyPrefix),
    audit: openAuditLog(store),
    priceCache: new PriceCache(store, clock),
    storefrontPolicies: new StorefrontPolicies(store, clock),
    cartMutex: new KeyedMutex('changes of a cart'),
    fileSlots: new FileSlots(),
    discountLookup: new DiscountLookup(store),
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
      redis.disconnect();
      await store.close();
    },
  };
}

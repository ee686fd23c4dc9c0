import { leavesQueue, type WireEvent } from '../shared/contract/events.ts';
import type { Offer } from '../shared/domain/offers.ts';
import type { LedgerContext } from '../shared/ledger/ledger.ts';
import { createLocks } from '../shared/locks/product-locks.ts';
import { openCheckoutQueue } from '../shared/queue/checkout-queue.ts';
import {
  checkEvictionPolicyIfReachable,
  connectFailingFast,
  connectPatiently,
  type RedisClient,
} from '../shared/queue/connections.ts';
import { subscribeEvents } from '../shared/queue/event-bus.ts';
import { createFreedUnitsQueue, enqueueOldestWaiting } from '../shared/queue/freed-units-queue.ts';
import { openNonceRegister } from '../shared/queue/nonce-register.ts';
import { openWebhookQueue } from '../shared/queue/webhook-queue.ts';
import type { BatchCache } from '../shared/runtime/batch-cache.ts';
import { type Clock, systemClock } from '../shared/runtime/clock.ts';
import { readIdTime } from '../shared/runtime/ids.ts';
import type { Logger } from '../shared/runtime/logger.ts';
import { checkMayWrite } from '../shared/store/check-server.ts';
import { checkIndexes } from '../shared/store/indexes.ts';
import { migrate } from '../shared/store/migrate.ts';
import { readBacklog, readQueue } from '../shared/store/read-backlog.ts';
import { openStore } from '../shared/store/store.ts';
import { openTelemetry } from '../shared/tracing/open-telemetry.ts';
import type { Tracing } from '../shared/tracing/tracing.ts';
import { ApiKeyCache } from './access/api-key-cache.ts';
import type { AccessContext } from './access/context.ts';
import { PasswordHasher } from './access/passwords/password-hash.ts';
import { SessionCache } from './access/session-cache.ts';
import { readSigningKeys } from './access/tokens/signing-keys.ts';
import { openAuditLog } from './audit/audit-log.ts';
import type { CartsContext } from './carts/context.ts';
import type { CatalogContext } from './catalog/context.ts';
import { FileSlots } from './catalog/import-export/file-slots.ts';
import type { CheckoutsContext } from './checkouts/context.ts';
import { EarlyRejections } from './checkouts/early-rejection/early-rejections.ts';
import { createStockReader } from './checkouts/early-rejection/stock-reader.ts';
import { createEntryIntake } from './checkouts/entry-intake.ts';
import { groupWithdrawals } from './checkouts/group-withdrawals.ts';
import { createIntake } from './checkouts/intake.ts';
import { OutcomeSubscriptions } from './checkouts/outcome-subscriptions.ts';
import { toQueuedEntry } from './checkouts/present.ts';
import type { ApiConfig } from './config.ts';
import type { DiscountsContext } from './discounts/change-discount.ts';
import type { DrawsContext } from './draws/context.ts';
import { createDrawCache } from './draws/draw-cache.ts';
import type { AnswerContext } from './http/answer.ts';
import { readBasePath } from './http/base-path.ts';
import { createAddressReader } from './http/client-address.ts';
import { groupAdjustments, type InventoryContext } from './inventory/context.ts';
import { CheckoutBacklog } from './limits/checkout-backlog.ts';
import { type QuotaContext, Quotas } from './limits/count-request.ts';
import { GuessLimiter } from './limits/guess-limiter.ts';
import { KeyedMutex } from './limits/keyed-mutex.ts';
import { LoadShedder } from './limits/load-shedder.ts';
import { QueuePlaces } from './limits/queue-places.ts';
import { ShedCounts } from './limits/shed-counts.ts';
import { SignupLimiter } from './limits/signup-limiter.ts';
import { WaitSlots } from './limits/wait-slots.ts';
import { WaitingPlaces } from './limits/waiting-places.ts';
import { openBoardQueues } from './ops/board/board-queues.ts';
import type { OpsContext } from './ops/context.ts';
import { DemoSale } from './ops/demo/demo-sale.ts';
import { countAccepted } from './ops/metrics/metrics.ts';
import { Operators } from './ops/operators.ts';
import { createOps } from './ops/ops.ts';
import { groupOrderMoves, type OrdersContext } from './orders/context.ts';
import { OwnHolds } from './orders/own-holds.ts';
import { DiscountLookup } from './pricing/discount-lookup.ts';
import { createPriceCache } from './pricing/price-request.ts';
import { DrainState } from './server/drain-server.ts';
import type { ShopsContext } from './shops/change-shop.ts';
import type { StorefrontsContext } from './storefronts/list-storefront.ts';
import { StorefrontPolicies } from './storefronts/storefront-policies.ts';
import type { SystemContext } from './system/context.ts';
import { monitorHealth } from './system/health-monitor.ts';
import type { WebhooksContext } from './webhooks/context.ts';

/**
 * The dependencies of the API: those of all folders, and those that only the process itself uses.
 * Each process and each test has one context.
 */
export interface ApiContext
  extends AnswerContext,
    QuotaContext,
    AccessContext,
    ShopsContext,
    StorefrontsContext,
    CatalogContext,
    InventoryContext,
    DiscountsContext,
    CartsContext,
    CheckoutsContext,
    DrawsContext,
    OrdersContext,
    WebhooksContext,
    OpsContext,
    SystemContext {
  readonly config: ApiConfig;
  readonly priceCache: BatchCache<Offer>;
  readonly storefrontPolicies: StorefrontPolicies;
  readonly redis: RedisClient;
  readonly draining: DrainState;
  readonly load: LoadShedder;
  readonly backlog: CheckoutBacklog;
  /** Absent unless traces are configured. */
  readonly tracing?: Tracing;
  close(): Promise<void>;
}

/** Connects to MongoDB and Redis, migrates the database and checks that the API can use both. */
export async function createContext(
  config: ApiConfig,
  overrides: { readonly clock?: Clock; readonly log?: Logger } = {},
): Promise<ApiContext> {
  const clock = overrides.clock ?? systemClock;
  const { log, tracing } = await openTelemetry('api', config, overrides.log);
  const store = await openStore(config.mongodbUrl, config.databaseName);
  await migrate(store, { notify: (notice) => log.warn(notice) });
  await checkIndexes(store);
  await checkMayWrite(store);
  const { redis, listener, queue, webhookQueue, boardQueues } = await connectRedis(config, log);
  const earlyRejections = new EarlyRejections({
    isEnabled: config.isEarlyRejectionOn,
    read: createStockReader(store, clock),
    clock,
  });
  const freedUnits = createFreedUnitsQueue((variantIds) =>
    enqueueOldestWaiting({ store, queue }, variantIds),
  );
  const ledger: LedgerContext = {
    store,
    clock,
    locks: createLocks(redis, config.keyPrefix),
    reservationTtlMs: config.reservationTtlMs,
    // Otherwise this process would see its own changes only when the relay publishes them.
    onCommitted: (entry) => earlyRejections.onEvents(entry.events),
    onFreed: (freed) => freedUnits.add(freed),
  };
  const passwords = new PasswordHasher();
  const shed = new ShedCounts();
  const health = monitorHealth({ store, redis, queue, keyPrefix: config.keyPrefix, clock, shed });
  const demoSale = config.demoSale && new DemoSale(config.demoSale);
  const ops = createOps({ store, queue, clock, health }, ledger);
  const { backlog, load } = limitLoad({ store, clock, log, limits: config.load, ops, shed });
  const outcomes = new OutcomeSubscriptions(store);
  const queuePlaces = new QueuePlaces({
    waiting: () => backlog.waiting,
    readMax: QUEUE_READ_MAX,
    read: async () => (await readQueue(store, QUEUE_READ_MAX)).map(toQueuedEntry),
  });
  const onEvents = (events: readonly WireEvent[]) => {
    outcomes.onEvents(events);
    earlyRejections.onEvents(events);
    ops.observatory.onEvents(events);
    const settled = events.filter(leavesQueue);
    const [first] = settled;
    if (first === undefined) return;
    queuePlaces.settled(settled.length);
    backlog.settled(settled.length, clock.now().getTime() - readIdTime(first.subjectId));
  };
  const subscription = subscribeEvents(listener, config.keyPrefix, onEvents, { publisher: redis });
  return {
    config,
    basePath: readBasePath(config.publicUrl),
    clock,
    log,
    store,
    ledger,
    reservationMaxMs: config.reservationMaxMs,
    mayChooseReservation: config.mayChooseReservation ?? false,
    redis,
    queue,
    webhookQueue,
    boardQueues,
    readAddress: createAddressReader(config.trustedProxies, log),
    apiKeyCache: new ApiKeyCache(store, clock),
    sessionCache: new SessionCache(store, clock),
    signingKeys: await readSigningKeys(config.secrets.signingKeys),
    passwords,
    operators: new Operators({ store, passwords, login: config.ops }),
    guesses: new GuessLimiter(redis, config.keyPrefix, config.guesses),
    queuePlaces,
    waitingPlaces: new WaitingPlaces(store),
    waitSlots: new WaitSlots(config.waits, config.buyers.allSharePercent),
    signups: new SignupLimiter(redis, config.keyPrefix, config.signups),
    nonces: openNonceRegister(redis, config.keyPrefix, () => clock.now().getTime()),
    quotas: new Quotas(redis, config.keyPrefix),
    audit: openAuditLog(store),
    priceCache: createPriceCache(store, clock),
    storefrontPolicies: new StorefrontPolicies(store, clock),
    ownHolds: new OwnHolds(store),
    cartMutex: new KeyedMutex('changes of a cart'),
    fileSlots: new FileSlots(),
    discountLookup: new DiscountLookup(store),
    drawCache: createDrawCache(store, clock),
    entries: createEntryIntake(store, () => ops.metrics.checkoutsAccepted.inc()),
    intake: countAccepted(
      createIntake({ store, queue, earlyRejections, log, tracing }),
      (checkout) => {
        ops.metrics.checkoutsAccepted.inc();
        if (checkout.status === 'queued') {
          backlog.stored();
          queuePlaces.stored(toQueuedEntry(checkout));
        } else ops.metrics.checkoutsRejectedEarly.inc();
      },
    ),
    outcomes,
    draining: new DrainState(),
    load,
    backlog,
    orderMoves: groupOrderMoves(ledger),
    withdrawals: groupWithdrawals(ledger, outcomes),
    adjustments: groupAdjustments(ledger),
    ops,
    ...(demoSale && { demoSale }),
    health,
    ...(tracing && { tracing }),
    close: async () => {
      await demoSale?.stop();
      subscription.close();
      ops.observatory.end();
      await backlog.stop();
      await health.stop();
      await freedUnits.stop();
      await queue.close().catch(() => undefined);
      await webhookQueue.close().catch(() => undefined);
      await boardQueues.close();
      redis.disconnect();
      await store.close();
      await tracing?.close();
    },
  };
}

/** Places in the queue beyond this number are not counted. */
const QUEUE_READ_MAX = 20_000;

async function connectRedis(config: ApiConfig, log: Logger) {
  const onError = (error: Error) => log.debug({ reason: error.message }, 'redis');
  const redis = connectFailingFast({ url: config.redisUrl, onError });
  const listener = connectPatiently({ url: config.redisUrl, onError });
  if (!(await checkEvictionPolicyIfReachable(redis))) {
    log.warn('Redis cannot be reached: checkouts are accepted and wait');
  }
  const queue = openCheckoutQueue(redis, config.keyPrefix, config.partitions);
  const webhookQueue = openWebhookQueue(redis, config.keyPrefix);
  const boardQueues = openBoardQueues({ partitions: 1, ...config }, onError);
  return { redis, listener, queue, webhookQueue, boardQueues };
}

interface LoadNeeds extends Pick<ApiContext, 'store' | 'clock' | 'log' | 'ops'> {
  readonly limits: ApiConfig['load'];
  readonly shed: ShedCounts;
}

function limitLoad({ store, clock, log, ops, limits, shed }: LoadNeeds) {
  const { checkoutsWaitingMax: waitingMax, checkoutsWaitMsMax: waitMsMax, batchMax } = limits;
  const bounds = { countedMax: waitingMax, skipped: batchMax };
  const read = () => readBacklog(store, clock.now(), bounds);
  const backlog = new CheckoutBacklog({ waitingMax, waitMsMax, read });
  const load = new LoadShedder({
    requestsMax: limits.requestsMax,
    refusalOfCheckouts: () => backlog.refusal(),
    onShed: (reason) => {
      ops.metrics.countShed(reason);
      shed.add(reason);
    },
    log,
  });
  return { backlog, load };
}

import mongoose from 'mongoose';
import { rejectWritesToClosedSockets } from './closed-sockets.ts';
import { type ApiKeyRecord, apiKeySchema } from './collections/api-keys.ts';
import { type AuditRecord, auditSchema } from './collections/audit.ts';
import { type CartRecord, cartSchema } from './collections/carts.ts';
import { type CheckoutRecord, checkoutSchema } from './collections/checkouts.ts';
import { type DiscountRecord, discountSchema } from './collections/discounts.ts';
import {
  type DrawEntryRecord,
  type DrawGateRecord,
  type DrawRecord,
  type DrawSeedRecord,
  drawEntrySchema,
  drawGateSchema,
  drawSchema,
  drawSeedSchema,
} from './collections/draws.ts';
import { type ImportRecord, importSchema } from './collections/imports.ts';
import { type LapsedHoldsRecord, lapsedHoldsSchema } from './collections/lapsed-holds.ts';
import { type MovementRecord, movementSchema } from './collections/movements.ts';
import { type OperatorRecord, operatorSchema } from './collections/operators.ts';
import { type OrderRecord, orderSchema } from './collections/orders.ts';
import { type OutboxRecord, outboxSchema } from './collections/outbox.ts';
import {
  type PersonalCheckoutRecord,
  personalCheckoutSchema,
} from './collections/personal-checkouts.ts';
import { type ProcessRecord, processSchema } from './collections/processes.ts';
import { type ProductRecord, productSchema } from './collections/products.ts';
import { type PurchaseRecord, purchaseSchema } from './collections/purchases.ts';
import { type RefreshTokenRecord, refreshTokenSchema } from './collections/refresh-tokens.ts';
import {
  type SearchRecord,
  type SearchRequestRecord,
  searchRequestSchema,
  searchSchema,
} from './collections/search.ts';
import { type SessionRecord, sessionSchema } from './collections/sessions.ts';
import { type ShopRecord, shopSchema } from './collections/shops.ts';
import { type StockRecord, stockSchema } from './collections/stock.ts';
import { type WaitRecord, waitSchema } from './collections/waits.ts';
import { type DeliveryRecord, webhookDeliverySchema } from './collections/webhook-deliveries.ts';
import { type WebhookRecord, webhookSchema } from './collections/webhooks.ts';
import type { Collection, ReadCollection } from './typed-collection.ts';

// Otherwise a misspelt filter key would be dropped, and the filter would match everything.
mongoose.set('strictQuery', 'throw');
rejectWritesToClosedSockets();

const SERVER_SELECTION_TIMEOUT_MS = 3_000;
/** A frozen server with open sockets is given up after at most the sum of these two times. */
const CONNECT_TIMEOUT_MS = 3_000;
const HEARTBEAT_EVERY_MS = 2_000;
const SOCKET_TIMEOUT_MS = 15_000;
const POOL_CONNECTIONS_MAX = 20;

/** A database session, which transactions pass to their reads and writes. */
export type Session = mongoose.mongo.ClientSession;

/** The schema of each collection, whose indexes `createCollections` and `checkIndexes` use. */
const SCHEMAS = {
  shops: shopSchema,
  apiKeys: apiKeySchema,
  sessions: sessionSchema,
  refreshTokens: refreshTokenSchema,
  operators: operatorSchema,
  audit: auditSchema,
  processes: processSchema,
  products: productSchema,
  imports: importSchema,
  discounts: discountSchema,
  stock: stockSchema,
  movements: movementSchema,
  carts: cartSchema,
  checkouts: checkoutSchema,
  waits: waitSchema,
  personalCheckouts: personalCheckoutSchema,
  orders: orderSchema,
  purchases: purchaseSchema,
  lapsedHolds: lapsedHoldsSchema,
  draws: drawSchema,
  drawSeeds: drawSeedSchema,
  drawGates: drawGateSchema,
  drawEntries: drawEntrySchema,
  outbox: outboxSchema,
  webhooks: webhookSchema,
  webhookDeliveries: webhookDeliverySchema,
  search: searchSchema,
  searchRequests: searchRequestSchema,
} as const;

/** Collections that only the ledger changes are read-only here: it writes through `writable`. */
interface Collections extends Readonly<Record<keyof typeof SCHEMAS, unknown>> {
  readonly shops: Collection<ShopRecord>;
  readonly apiKeys: Collection<ApiKeyRecord>;
  readonly sessions: Collection<SessionRecord>;
  readonly refreshTokens: Collection<RefreshTokenRecord>;
  readonly operators: Collection<OperatorRecord>;
  /** Append-only. */
  readonly audit: ReadCollection<AuditRecord> & Pick<Collection<AuditRecord>, 'insertMany'>;
  readonly processes: Collection<ProcessRecord>;
  readonly products: Collection<ProductRecord>;
  readonly imports: Collection<ImportRecord>;
  readonly discounts: Collection<DiscountRecord>;
  readonly stock: ReadCollection<StockRecord>;
  readonly movements: ReadCollection<MovementRecord>;
  readonly carts: Collection<CartRecord>;
  readonly checkouts: Collection<CheckoutRecord>;
  readonly waits: Collection<WaitRecord>;
  readonly personalCheckouts: Collection<PersonalCheckoutRecord>;
  readonly orders: ReadCollection<OrderRecord>;
  readonly purchases: ReadCollection<PurchaseRecord>;
  readonly lapsedHolds: ReadCollection<LapsedHoldsRecord>;
  readonly draws: Collection<DrawRecord>;
  readonly drawSeeds: Collection<DrawSeedRecord>;
  readonly drawGates: Collection<DrawGateRecord>;
  readonly drawEntries: Collection<DrawEntryRecord>;
  readonly outbox: Collection<OutboxRecord>;
  readonly webhooks: Collection<WebhookRecord>;
  readonly webhookDeliveries: Collection<DeliveryRecord>;
  readonly search: Collection<SearchRecord>;
  readonly searchRequests: Collection<SearchRequestRecord>;
}

/** All collections of the database, and its connection. */
export interface Store extends Collections {
  readonly connection: mongoose.Connection;
  /**
   * Opens the same database with separate connections that have no socket timeout. For callers that
   * notice a lost server in another way.
   */
  openWithoutTimeout(): Promise<Store>;
  close(): Promise<void>;
}

interface StoreOptions {
  /** A connection without an answer for this long is closed; 0 waits for ever. */
  readonly socketTimeoutMs?: number;
}

/**
 * Connects to MongoDB. Every write waits for the majority and the journal, so an acknowledged write
 * survives the crash of any one member.
 * @throws MongooseServerSelectionError if no server answers in time
 */
export async function openStore(
  url: string,
  databaseName?: string,
  { socketTimeoutMs = SOCKET_TIMEOUT_MS }: StoreOptions = {},
): Promise<Store> {
  const connection = await mongoose
    .createConnection(url, {
      ...(databaseName === undefined ? {} : { dbName: databaseName }),
      autoIndex: false,
      autoCreate: false,
      bufferCommands: false,
      writeConcern: { w: 'majority', j: true },
      readPreference: 'primary',
      serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      heartbeatFrequencyMS: HEARTBEAT_EVERY_MS,
      socketTimeoutMS: socketTimeoutMs,
      maxPoolSize: POOL_CONNECTIONS_MAX,
      ignoreUndefined: true,
    })
    .asPromise();
  const database = connection.getClient().db(connection.name);
  const collections = Object.entries(SCHEMAS).map(([name, schema]) => {
    const { collection } = connection.model(name, schema);
    return [name, database.collection(collection.name)];
  });
  return {
    connection,
    ...(Object.fromEntries(collections) as Collections),
    openWithoutTimeout: () => openStore(url, databaseName, { socketTimeoutMs: 0 }),
    close: () => connection.close(),
  };
}

import mongoose from 'mongoose';
import { type ApiKeyRecord, apiKeySchema } from './collections/api-keys.ts';
import { type AuditRecord, auditSchema } from './collections/audit.ts';
import { type CartRecord, cartSchema } from './collections/carts.ts';
import { type CheckoutRecord, checkoutSchema } from './collections/checkouts.ts';
import { type DiscountRecord, discountSchema } from './collections/discounts.ts';
import { type ImportRecord, importSchema } from './collections/imports.ts';
import { type MovementRecord, movementSchema } from './collections/movements.ts';
import { type OrderRecord, orderSchema } from './collections/orders.ts';
import { type OutboxRecord, outboxSchema } from './collections/outbox.ts';
import { type ProcessRecord, processSchema } from './collections/processes.ts';
import { type ProductRecord, productSchema } from './collections/products.ts';
import { type RefreshTokenRecord, refreshTokenSchema } from './collections/refresh-tokens.ts';
import { type SessionRecord, sessionSchema } from './collections/sessions.ts';
import { type ShopRecord, shopSchema } from './collections/shops.ts';
import { type StockRecord, stockSchema } from './collections/stock.ts';
import { type DeliveryRecord, webhookDeliverySchema } from './collections/webhook-deliveries.ts';
import { type WebhookRecord, webhookSchema } from './collections/webhooks.ts';
import { type Collection, type ReadCollection, typedCollection } from './typed-collection.ts';

// A misspelt filter key would otherwise be dropped, and the filter match everything.
mongoose.set('strictQuery', 'throw');

const SERVER_SELECTION_TIMEOUT_MS = 3_000;
/** A server that is frozen with its sockets open is noticed, and given up, within both together. */
const CONNECT_TIMEOUT_MS = 3_000;
const HEARTBEAT_EVERY_MS = 2_000;
const SOCKET_TIMEOUT_MS = 15_000;
const POOL_CONNECTIONS_MAX = 20;

/** A session of the database, as transactions pass it around. */
export type Session = mongoose.mongo.ClientSession;

/**
 * Every collection of the record. Stock, orders and movements can only be read here: the ledger
 * changes them, through `writable`.
 */
export interface Store {
  readonly connection: mongoose.Connection;
  readonly shops: Collection<ShopRecord>;
  readonly apiKeys: Collection<ApiKeyRecord>;
  readonly sessions: Collection<SessionRecord>;
  readonly refreshTokens: Collection<RefreshTokenRecord>;
  /** Entries are only ever added. */
  readonly audit: ReadCollection<AuditRecord> & Pick<Collection<AuditRecord>, 'insertMany'>;
  readonly processes: Collection<ProcessRecord>;
  readonly products: Collection<ProductRecord>;
  readonly imports: Collection<ImportRecord>;
  readonly discounts: Collection<DiscountRecord>;
  readonly stock: ReadCollection<StockRecord>;
  readonly movements: ReadCollection<MovementRecord>;
  readonly carts: Collection<CartRecord>;
  readonly checkouts: Collection<CheckoutRecord>;
  readonly orders: ReadCollection<OrderRecord>;
  readonly outbox: Collection<OutboxRecord>;
  readonly webhooks: Collection<WebhookRecord>;
  readonly webhookDeliveries: Collection<DeliveryRecord>;
  /**
   * Opens the same database over connections of its own, on which a command may take as long as it
   * needs. For callers that have another way to notice a server that is gone.
   */
  openPatiently(): Promise<Store>;
  close(): Promise<void>;
}

interface StoreOptions {
  /** After so long without an answer a connection is given up; 0 waits for ever. */
  readonly socketTimeoutMs?: number;
}

/**
 * Connects to MongoDB. Every write waits for the majority and the journal: what is acknowledged
 * survives a crash of any one node.
 * @throws MongooseServerSelectionError when no server answers in time
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
  registerModels(connection);
  const database = connection.getClient().db(connection.name);
  const collection = <T extends { readonly _id: unknown }>(name: string) =>
    typedCollection<T>(database, name);
  return {
    connection,
    shops: collection<ShopRecord>('shops'),
    apiKeys: collection<ApiKeyRecord>('api_keys'),
    sessions: collection<SessionRecord>('sessions'),
    refreshTokens: collection<RefreshTokenRecord>('refresh_tokens'),
    audit: collection<AuditRecord>('audit'),
    processes: collection<ProcessRecord>('processes'),
    products: collection<ProductRecord>('products'),
    imports: collection<ImportRecord>('imports'),
    discounts: collection<DiscountRecord>('discounts'),
    stock: collection<StockRecord>('stock'),
    movements: collection<MovementRecord>('movements'),
    carts: collection<CartRecord>('carts'),
    checkouts: collection<CheckoutRecord>('checkouts'),
    orders: collection<OrderRecord>('orders'),
    outbox: collection<OutboxRecord>('outbox'),
    webhooks: collection<WebhookRecord>('webhooks'),
    webhookDeliveries: collection<DeliveryRecord>('webhook_deliveries'),
    openPatiently: () => openStore(url, databaseName, { socketTimeoutMs: 0 }),
    close: () => connection.close(),
  };
}

/** The models own the schemas and the indexes; `createCollections` and `checkIndexes` read them. */
function registerModels(connection: mongoose.Connection): void {
  connection.model('Shop', shopSchema);
  connection.model('ApiKey', apiKeySchema);
  connection.model('Session', sessionSchema);
  connection.model('RefreshToken', refreshTokenSchema);
  connection.model('Audit', auditSchema);
  connection.model('Process', processSchema);
  connection.model('Product', productSchema);
  connection.model('Import', importSchema);
  connection.model('Discount', discountSchema);
  connection.model('Stock', stockSchema);
  connection.model('Movement', movementSchema);
  connection.model('Cart', cartSchema);
  connection.model('Checkout', checkoutSchema);
  connection.model('Order', orderSchema);
  connection.model('Outbox', outboxSchema);
  connection.model('Webhook', webhookSchema);
  connection.model('WebhookDelivery', webhookDeliverySchema);
}

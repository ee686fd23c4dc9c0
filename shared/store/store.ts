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

/** Every collection of the record. The models own schemas and indexes. */
export interface Store {
  readonly connection: mongoose.Connection;
  readonly shops: mongoose.Model<ShopRecord>;
  readonly apiKeys: mongoose.Model<ApiKeyRecord>;
  readonly sessions: mongoose.Model<SessionRecord>;
  readonly refreshTokens: mongoose.Model<RefreshTokenRecord>;
  readonly audit: mongoose.Model<AuditRecord>;
  readonly products: mongoose.Model<ProductRecord>;
  readonly imports: mongoose.Model<ImportRecord>;
  readonly discounts: mongoose.Model<DiscountRecord>;
  readonly stock: mongoose.Model<StockRecord>;
  readonly movements: mongoose.Model<MovementRecord>;
  readonly carts: mongoose.Model<CartRecord>;
  readonly checkouts: mongoose.Model<CheckoutRecord>;
  readonly orders: mongoose.Model<OrderRecord>;
  readonly outbox: mongoose.Model<OutboxRecord>;
  readonly processes: mongoose.Model<ProcessRecord>;
  readonly webhooks: mongoose.Model<WebhookRecord>;
  readonly webhookDeliveries: mongoose.Model<DeliveryRecord>;
  /**
   * The same database over connections of its own, on which a command may take as long as it
   * needs. For whoever has another way to notice a server that is gone.
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
  return {
    connection,
    shops: connection.model<ShopRecord>('Shop', shopSchema),
    apiKeys: connection.model<ApiKeyRecord>('ApiKey', apiKeySchema),
    sessions: connection.model<SessionRecord>('Session', sessionSchema),
    refreshTokens: connection.model<RefreshTokenRecord>('RefreshToken', refreshTokenSchema),
    audit: connection.model<AuditRecord>('Audit', auditSchema),
    products: connection.model<ProductRecord>('Product', productSchema),
    imports: connection.model<ImportRecord>('Import', importSchema),
    discounts: connection.model<DiscountRecord>('Discount', discountSchema),
    stock: connection.model<StockRecord>('Stock', stockSchema),
    movements: connection.model<MovementRecord>('Movement', movementSchema),
    carts: connection.model<CartRecord>('Cart', cartSchema),
    checkouts: connection.model<CheckoutRecord>('Checkout', checkoutSchema),
    orders: connection.model<OrderRecord>('Order', orderSchema),
    outbox: connection.model<OutboxRecord>('Outbox', outboxSchema),
    processes: connection.model<ProcessRecord>('Process', processSchema),
    webhooks: connection.model<WebhookRecord>('Webhook', webhookSchema),
    webhookDeliveries: connection.model<DeliveryRecord>('WebhookDelivery', webhookDeliverySchema),
    openPatiently: () => openStore(url, databaseName, { socketTimeoutMs: 0 }),
    close: () => connection.close(),
  };
}

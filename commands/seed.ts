/** `npm run seed`: creates a demo shop with products, stock and keys. Safe to repeat. */
import { join } from 'node:path';
import { z } from 'zod';
import { noLocks } from '../shared/locks/product-locks.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { EnvError, readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { readJsonFile } from '../shared/runtime/read-json.ts';
import type { ProductRecord } from '../shared/store/collections/products.ts';
import { migrate } from '../shared/store/migrate.ts';
import { openStore } from '../shared/store/store.ts';
import { seedDiscounts } from './seed/demo-discounts.ts';
import { demoKeys } from './seed/demo-keys.ts';
import { seedProducts } from './seed/demo-products.ts';
import { demoPassword, findOrCreateShop } from './seed/demo-shop.ts';
import { readSecretsKey } from './start/system-secrets.ts';

/** Seeding creates no orders, so the reservation time does not matter. */
const RESERVATION_TTL_MS = 900_000;

/** The content of demo.json, the file of a running system, whose keys and password are kept. */
const demoFile = z.looseObject({ mongodbUrl: z.string() });

interface SeedOptions {
  readonly mongodbUrl: string;
  /** Overrides the database in the URL. */
  readonly databaseName?: string;
  /** The system's secret, if known. Signing secrets are derived from it. */
  readonly secretsKey?: string | undefined;
  /** The result of an earlier call, if known. Its keys are kept while they work. */
  readonly previous?: unknown;
}

/** The credentials and variants of the demo shop; `variantId` has plenty of stock. */
export type Demo = Awaited<ReturnType<typeof seedDemo>>;

/**
 * Creates the demo shop and its published products unless they exist.
 * @throws EnvError in production
 */
export async function seedDemo(options: SeedOptions) {
  if (readEnv().nodeEnv === 'production')
    throw new EnvError('The demo shop cannot be seeded in production.');
  const store = await openStore(options.mongodbUrl, options.databaseName);
  try {
    await migrate(store);
    const shop = await findOrCreateShop(store);
    const clock = systemClock;
    const ledger = { store, clock, locks: noLocks, reservationTtlMs: RESERVATION_TTL_MS };
    const variants = (await seedProducts(ledger, shop._id)).flatMap(toDemoVariants);
    const { previous, secretsKey } = options;
    const password = await demoPassword(store, shop, previous);
    return {
      ...(await demoKeys(store, shop._id, { previous, secretsKey })),
      shop: { id: shop._id, email: shop.email, name: shop.name, password },
      variantId: variants[0]?.variantId ?? '',
      variants,
      discountCodes: await seedDiscounts(store, shop._id),
    };
  } finally {
    await store.close();
  }
}

function toDemoVariants(product: ProductRecord) {
  return product.variants.map(({ id, sku, title, price, currency }) => ({
    variantId: id,
    productId: product._id,
    sku,
    title: title === undefined ? product.title : `${product.title}, ${title}`,
    price,
    currency,
  }));
}

async function main(): Promise<void> {
  const env = readEnv();
  const previous = await readJsonFile(join(env.dataDir, 'demo.json'), demoFile);
  const mongodbUrl = env.mongodbUrl ?? previous?.mongodbUrl;
  if (mongodbUrl === undefined) {
    throw new EnvError('Nothing runs on DATA_DIR: set MONGODB_URL, or run npm start first.');
  }
  const secretsKey = await readSecretsKey(env);
  console.log(JSON.stringify(await seedDemo({ mongodbUrl, secretsKey, previous }), null, 2));
}

if (import.meta.main) {
  printHelpIfAsked(`
npm run seed: creates a demo shop with products, stock, discount codes and API keys, and prints them
as JSON. It uses MONGODB_URL, or the system that runs on DATA_DIR. It is safe to repeat: the shop, its
products and stock stay unchanged; keys and a password that no longer work are replaced. It creates a
key that must sign its requests if the system's SECRETS_KEY is known.`);
  readArguments(0);
  try {
    await main();
  } catch (error) {
    console.error(errorMessage(error));
    process.exitCode = 1;
  }
}

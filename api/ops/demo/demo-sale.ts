import { createApiKey, revokeApiKey } from '../../../shared/access/api-key-record.ts';
import { createShop } from '../../../shared/access/create-shop.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';
import { pause } from '../../../shared/runtime/deadline.ts';
import type { Store } from '../../../shared/store/store.ts';
import { type AuditContext, type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { DemoClient, type DemoProduct } from './demo-client.ts';

/** The path that starts a demo sale. It is part of the page, not of the documented API. */
export const DEMO_SALE_PATH = '/ops/demo-sale';

/** The size of a demo sale. */
export interface DemoSalePlan {
  readonly units: number;
  readonly buyers: number;
  /** The buyers arrive evenly within this time. */
  readonly arriveMs: number;
}

/** Long enough to watch the stock sell out, and then the refusals. */
export const DEMO_SALE: DemoSalePlan = { units: 200, buyers: 600, arriveMs: 20_000 };

const ROUND_MS = 100;
const BUYERS_AT_ONCE_MAX = 100;
/** After this time no more buyers come, and calls in progress end. */
const SALE_MS_MAX = 60_000;
const KEY_MS = 10 * 60_000;
const SHOP = { name: 'Demo sales', email: 'demo-sales@lastunit.example' };
const SCOPES: readonly Scope[] = [
  'catalog:write',
  'inventory:write',
  'checkouts:write',
  'orders:write',
];

/** The operator who starts a demo sale. */
type DemoCaller = AuditedCaller<AuditContext & { readonly store: Store }>;

/** A demo sale in progress. */
export interface StartedDemoSale extends DemoProduct {
  readonly units: number;
  readonly buyers: number;
}

/**
 * Starts demo sales: a new product of a demo shop, and buyers who buy it through the HTTP API. A
 * process runs one sale at a time.
 */
export class DemoSale {
  readonly #plan: DemoSalePlan;
  readonly #stopping = new AbortController();
  #starting: Promise<StartedDemoSale> | undefined;
  #buying: Promise<void> = Promise.resolve();

  constructor(plan: DemoSalePlan) {
    this.#plan = plan;
  }

  /**
   * Starts a sale, or returns the sale in progress.
   * @param apiUrl the URL at which this process serves the API
   */
  start(caller: DemoCaller, apiUrl: string): Promise<StartedDemoSale> {
    if (this.#starting === undefined) {
      this.#starting = this.#open(caller, apiUrl);
      this.#starting.catch(() => this.#forget());
    }
    return this.#starting;
  }

  /** Ends the sale in progress; resolves when its last buyer has finished. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting?.catch(() => undefined);
    await this.#buying;
  }

  async #open(caller: DemoCaller, apiUrl: string): Promise<StartedDemoSale> {
    const { store, clock } = caller.context;
    const { units, buyers } = this.#plan;
    const now = clock.now();
    const shopId = await findOrCreateShop(store, now);
    const expiresAt = new Date(now.getTime() + KEY_MS);
    const request = { shopId, name: 'demo sale', scopes: SCOPES, expiresAt };
    const key = await createApiKey(store, request, now);
    const revokeKey = () => revokeApiKey(store, { _id: key.id }, clock.now()).catch(() => false);
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SALE_MS_MAX)]);
    const client = new DemoClient({ apiUrl, apiKey: key.apiKey, signal });
    try {
      const product = await client.openSale(units);
      const { productId: target, sku } = product;
      await recordAudit(caller, 'ops.demo_sale_started', {
        target,
        shopId,
        detail: { sku, units },
      });
      this.#buying = this.#sendBuyers(client, product, signal).then(async () => {
        this.#forget();
        await revokeKey();
      });
      return { ...product, units, buyers };
    } catch (error) {
      await revokeKey();
      throw error;
    }
  }

  /** Lets the buyers arrive evenly, at most `BUYERS_AT_ONCE_MAX` of them at the same time. */
  async #sendBuyers(client: DemoClient, product: DemoProduct, signal: AbortSignal): Promise<void> {
    const { buyers, arriveMs } = this.#plan;
    const startedAt = performance.now();
    const present = new Set<Promise<void>>();
    for (let arrived = 0; arrived < buyers && !signal.aborted; ) {
      const due = Math.ceil((buyers * (performance.now() - startedAt + ROUND_MS)) / arriveMs);
      for (; arrived < Math.min(due, buyers) && present.size < BUYERS_AT_ONCE_MAX; arrived += 1) {
        const buying = client.buy(product, arrived).finally(() => present.delete(buying));
        present.add(buying);
      }
      await pause(ROUND_MS, signal);
    }
    await Promise.all(present);
  }

  #forget(): void {
    this.#starting = undefined;
  }
}

async function findOrCreateShop(store: Store, createdAt: Date): Promise<string> {
  const created = await createShop(store, { ...SHOP, createdAt });
  const shop = created ?? (await store.shops.findOne({ email: SHOP.email }));
  if (shop === null) throw new Error('the shop of demo sales was removed meanwhile');
  return shop._id;
}

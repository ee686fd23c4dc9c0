import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { newSystemSecrets, type SystemSecrets } from '../../shared/access/system-secrets.ts';
import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import { type Clock, systemClock } from '../../shared/runtime/clock.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import { type ApiClient, apiClient } from '../../shared/testing/api-client.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { type TestNamespace, testNamespace } from '../../shared/testing/harness.ts';
import { createApp } from '../app.ts';
import type { ApiConfig } from '../config.ts';
import { type ApiContext, createContext } from '../context.ts';
import { createApiServer } from '../server/create-server.ts';

/** A shop that calls the API with one of its keys. The key has all scopes, or those of a test. */
export interface TestShop extends ApiClient {
  readonly shopId: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** An API for tests, on its own port. */
export interface TestApi {
  readonly url: string;
  readonly context: ApiContext;
  readonly shopA: TestShop;
  readonly shopB: TestShop;
  readonly anonymous: ApiClient;
  /** Creates another shop with a key that may do everything. */
  newShop(): Promise<TestShop>;
  /** Returns a client of the shop with a new key, which has only these scopes. */
  withScopes(shop: TestShop, scopes: readonly Scope[]): Promise<TestShop>;
  close(): Promise<void>;
}

interface Options {
  readonly clock?: Clock;
  readonly reservationTtlMs?: number;
  readonly mayChooseReservation?: boolean;
  /**
   * Off by default, because the outcome of a test that sells out a variant would depend on what the
   * API knows about the stock.
   */
  readonly isEarlyRejectionOn?: boolean;
  readonly isOpsWritable?: boolean;
  readonly demoSale?: ApiConfig['demoSale'];
  /** The secrets of another API, so that this API and the other are processes of one system. */
  readonly secrets?: SystemSecrets;
  /** With 1, the API takes the client's address from X-Forwarded-For. */
  readonly trustedProxies?: number;
  readonly corsOrigins?: readonly string[];
  readonly publicUrl?: string;
  readonly webhookTargets?: ApiConfig['webhookTargets'];
  readonly guesses?: ApiConfig['guesses'];
  readonly signups?: ApiConfig['signups'];
  readonly quotas?: ApiConfig['quotas'];
  readonly buyers?: ApiConfig['buyers'];
  readonly waits?: ApiConfig['waits'];
  readonly load?: Partial<ApiConfig['load']>;
  readonly log?: Logger;
}

const RESERVATION_TTL_MS = 900_000;
const RESERVATION_MAX_MS = 3_600_000;
const PLENTY = 1_000_000;
/** The defaults of the configuration. */
const TEST_LOAD = {
  checkoutsWaitingMax: 100_000,
  checkoutsWaitMsMax: 60_000,
  requestsMax: 5_000,
  connectionsMax: 30_000,
  batchMax: 256,
};
const HOST = '127.0.0.1';

/** The operator of every test API. */
export const TEST_OPERATOR = { username: 'operator', password: 'a password for tests' };

/** Starts an API in the namespace, with two unrelated shops. */
export async function startTestApi(
  namespace: Pick<TestNamespace, 'mongodbUrl' | 'redisUrl' | 'keyPrefix'>,
  options: Options = {},
): Promise<TestApi> {
  const context = await createContext(
    {
      environment: 'test',
      host: HOST,
      port: 0,
      ...namespace,
      logLevel: 'silent',
      partitions: readEnv().partitions,
      reservationTtlMs: options.reservationTtlMs ?? RESERVATION_TTL_MS,
      reservationMaxMs: RESERVATION_MAX_MS,
      mayChooseReservation: options.mayChooseReservation ?? true,
      isEarlyRejectionOn: options.isEarlyRejectionOn ?? false,
      secrets: options.secrets ?? newSystemSecrets(),
      keepAliveMs: 5_000,
      drainDelayMs: 0,
      drainTimeoutMs: 10_000,
      corsOrigins: options.corsOrigins ?? [],
      publicUrl: options.publicUrl,
      trustedProxies: options.trustedProxies ?? 0,
      quotas: options.quotas ?? { key: PLENTY, address: PLENTY },
      buyers: options.buyers ?? { sharePercent: 10, allSharePercent: 80 },
      load: { ...TEST_LOAD, ...options.load },
      waits: options.waits ?? { perBuyer: 20, perShop: 10_000, inAll: 20_000 },
      guesses: options.guesses ?? { perAccount: PLENTY, perAddress: PLENTY },
      signups: options.signups ?? { perAddress: PLENTY, inAll: PLENTY },
      ...(options.webhookTargets && { webhookTargets: options.webhookTargets }),
      demoSale: options.demoSale,
      ops: { ...TEST_OPERATOR, isWritable: options.isOpsWritable ?? false },
    },
    { clock: options.clock ?? systemClock, ...(options.log && { log: options.log }) },
  );
  const server = createApiServer(context, createApp(context).fetch);
  server.listen(0, HOST);
  await once(server, 'listening');
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const shopOf = async (shopId: string, scopes: readonly Scope[]): Promise<TestShop> => {
    const key = await createApiKey(context.store, { shopId, name: 'test', scopes }, new Date());
    return { shopId, keyId: key.id, apiKey: key.apiKey, ...apiClient(url, key.apiKey) };
  };
  return {
    url,
    context,
    shopA: await shopOf(await givenShop(context.store), SCOPES),
    shopB: await shopOf(await givenShop(context.store), SCOPES),
    anonymous: apiClient(url),
    newShop: async () => shopOf(await givenShop(context.store), SCOPES),
    withScopes: ({ shopId }, scopes) => shopOf(shopId, scopes),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await context.close();
    },
  };
}

/** Starts the API for one test file in its own namespace. It closes after the file's tests. */
export async function openTestApi(
  options: Parameters<typeof startTestApi>[1] = {},
): Promise<TestApi> {
  const api = await startTestApi(testNamespace(), options);
  afterAll(() => api.close());
  return api;
}

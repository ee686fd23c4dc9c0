import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { API_NODE_ARGS } from '../../shared/services/processes/api-node-args.ts';
import { startNodeProcess } from '../../shared/services/processes/node-process.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { openScarceShop } from '../bench/system/scarce-shop.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { type ChaosServers, withChaosServers } from './chaos-servers.ts';
import { type Part, startPart } from './part.ts';

/** Two APIs and two workers with their servers, all of which a fault may stop. */
export interface ChaosSystem extends ChaosServers {
  readonly apis: readonly Part[];
  readonly workers: readonly Part[];
  readonly apiUrls: readonly string[];
  /** The URL and the credentials for calls of the shop and of the operator. */
  readonly running: RunningSystem;
  readonly variantIds: readonly string[];
  readonly store: Store;
}

const PROCESSES = 2;
/** Short, so that orders expire during the campaign. */
const RESERVATION_TTL_S = 20;
const OPS = { username: 'chaos', password: 'unused by the campaign' };

/** Starts a system with a shop, runs the campaign, and stops and removes everything. */
export async function withChaosSystem<Report>(
  log: Log,
  run: (system: ChaosSystem) => Promise<Report>,
): Promise<Report> {
  return withChaosServers(log, async (servers) => {
    const store = await openStore(servers.mongodb.url);
    try {
      await migrate(store);
      return await run(await startSystem(servers, store));
    } finally {
      await store.close();
    }
  });
}

async function startSystem(servers: ChaosServers, store: Store): Promise<ChaosSystem> {
  const scopes = ['checkouts:write', 'orders:write'] as const;
  const { apiKey, variantIds } = await openScarceShop(store, 'Chaos', ...scopes);
  const { secretsKey } = newSystemSecrets();
  const env = {
    MONGODB_URL: servers.mongodb.url,
    REDIS_URL: servers.redisUrl,
    HOST: '127.0.0.1',
    OPS_USERNAME: OPS.username,
    OPS_PASSWORD: OPS.password,
    LOG_LEVEL: 'warn',
    NODE_ENV: 'development',
    SECRETS_KEY: secretsKey,
    RESERVATION_TTL_S: String(RESERVATION_TTL_S),
  };
  const start = (role: 'api' | 'worker', index: number, port = 0) => {
    const name = `${role}-${index + 1}`;
    return startPart(name, async () => {
      const started = await startNodeProcess({
        dataDir: servers.dataDir,
        name,
        script: `${role}/main.ts`,
        nodeArgs: role === 'api' ? API_NODE_ARGS : [],
        env: { ...env, ...(port > 0 && { PORT: String(port) }) },
      });
      return { ...started, pid: started.identity.pid };
    });
  };
  const apis: Part[] = [];
  const workers: Part[] = [];
  const apiUrls: string[] = [];
  for (let index = 0; index < PROCESSES; index += 1) {
    const port = await freePort();
    apis.push(await start('api', index, port));
    apiUrls.push(`http://127.0.0.1:${port}`);
    workers.push(await start('worker', index));
  }
  return {
    ...servers,
    apis,
    workers,
    apiUrls,
    running: { apiUrl: apiUrls[0] ?? '', apiKey, ops: OPS },
    variantIds,
    store,
  };
}

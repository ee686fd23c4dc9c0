import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { newSystemSecrets } from '../../shared/access/system-secrets.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { startNodeProcess } from '../../shared/services/processes/node-process.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { ServiceProcess } from '../../shared/services/processes/spawn-service.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { toChunks } from '../bench/chunks.ts';
import {
  type BenchServices,
  databaseUrl,
  type Log,
  withBenchServices,
} from '../bench/system/bench-services.ts';
import { openScarceShop } from '../bench/system/scarce-shop.ts';
import { openApi } from '../system/api.ts';
import { finalVerdict, type SeenVerdict } from '../system/final-verdict.ts';
import { prepareWorktree, resolveCommit } from '../system/other-revision.ts';
import { type BuyersLog, runBuyers } from './buyers.ts';

const STOP_DEADLINE_MS = 40_000;
const BUYERS = 16;
const IDS_PER_QUERY = 10_000;
const OPS = { username: 'upgrade', password: 'unused by the upgrade' };

/** The result of an upgrade, printed as JSON on the last line. */
interface UpgradeReport {
  /** The full hash of the other revision's commit. */
  readonly from: string;
  readonly accepted: number;
  readonly repeated: number;
  readonly unexpected: readonly string[];
  /** Accepted checkouts that are neither placed nor rejected in the database. */
  readonly missing: number;
  readonly seconds: number;
  readonly verdict: SeenVerdict;
  readonly ok: boolean;
}

/**
 * Replaces the processes of another revision by processes of this tree while buyers buy: first a
 * worker joins, then the old worker leaves, then an API joins, then the old API leaves.
 */
export async function runUpgrade(
  { from, seconds }: { readonly from: string; readonly seconds: number },
  log: Log,
): Promise<UpgradeReport> {
  const commit = await resolveCommit(from);
  const oldRoot = await prepareWorktree(commit, log);
  return withBenchServices(log, async (services) => {
    const mongodbUrl = databaseUrl(services.mongodb, 'upgrade');
    log('migrating the database with the old version');
    await execa({ cwd: oldRoot, env: { MONGODB_URL: mongodbUrl } })`npm run -s migrate`;
    const store = await openStore(mongodbUrl);
    try {
      const started = new Date();
      const { buyersLog, apiUrl, apiKey } = await upgradeUnderLoad({
        services,
        mongodbUrl,
        store,
        oldRoot,
        stepMs: (seconds * 1_000) / 5,
        log,
      });
      const api = openApi({ apiUrl, apiKey, ops: OPS }, 2);
      const verdict = await finalVerdict(api, started).finally(() => api.close());
      const missing = await countMissing(store, buyersLog.accepted);
      const { accepted, repeated, unexpected } = buyersLog;
      const isComplete = missing === 0 && unexpected.length === 0 && accepted.length > 0;
      return {
        from: commit,
        accepted: accepted.length,
        repeated,
        unexpected: unexpected.slice(0, 10),
        missing,
        seconds,
        verdict,
        ok: isComplete && verdict.ok && verdict.failed === 0,
      };
    } finally {
      await store.close();
    }
  });
}

interface Upgrade {
  readonly services: BenchServices;
  readonly mongodbUrl: string;
  readonly store: Store;
  readonly oldRoot: string;
  readonly stepMs: number;
  readonly log: Log;
}

async function upgradeUnderLoad({ services, mongodbUrl, store, oldRoot, stepMs, log }: Upgrade) {
  const { apiKey, variantIds } = await openScarceShop(store, 'Upgrade', 'checkouts:write');
  // Both versions must derive the same secrets.
  const { secretsKey } = newSystemSecrets();
  const ports = { old: await freePort(), new: await freePort() };
  const start = (version: 'old' | 'new', script: string): Promise<ServiceProcess> =>
    startNodeProcess({
      dataDir: services.dataDir,
      name: `${version}-${script.split('/', 1)[0]}`,
      script,
      root: version === 'old' ? oldRoot : projectRoot,
      env: {
        MONGODB_URL: mongodbUrl,
        REDIS_URL: services.redis.url,
        HOST: '127.0.0.1',
        PORT: String(ports[version]),
        OPS_USERNAME: OPS.username,
        OPS_PASSWORD: OPS.password,
        LOG_LEVEL: 'warn',
        NODE_ENV: 'development',
        SECRETS_KEY: secretsKey,
      },
    });
  const oldWorker = await start('old', 'worker/main.ts');
  const oldApi = await start('old', 'api/main.ts');
  const apiUrls = new Set([`http://127.0.0.1:${ports.old}`]);
  const ending = new AbortController();
  const buyers: Promise<BuyersLog> = runBuyers({
    name: 'upgrade',
    apiUrls: () => [...apiUrls],
    apiKey,
    variantIds,
    buyers: BUYERS,
    signal: ending.signal,
  });
  // An error of the buyers is reported below, where they are awaited.
  buyers.catch(() => ending.abort());
  const apiUrl = `http://127.0.0.1:${ports.new}`;
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a new worker joins', () => start('new', 'worker/main.ts')],
    ['the old worker leaves', () => oldWorker.stop(STOP_DEADLINE_MS)],
    ['a new API joins', () => start('new', 'api/main.ts').then(() => apiUrls.add(apiUrl))],
    [
      'the old API leaves',
      async () => {
        // The old API leaves the list of URLs before it ends, as behind a load balancer.
        apiUrls.delete(`http://127.0.0.1:${ports.old}`);
        await oldApi.stop(STOP_DEADLINE_MS);
      },
    ],
  ];
  try {
    for (const [name, step] of steps) {
      await pause(stepMs);
      log(name);
      await step();
    }
    await pause(stepMs);
  } finally {
    ending.abort();
  }
  return { buyersLog: await buyers, apiUrl, apiKey };
}

/** Returns how many of the checkouts are not stored as placed or rejected. */
export async function countMissing(store: Store, ids: readonly string[]): Promise<number> {
  let settled = 0;
  // A query with all ids of a long campaign would be larger than MongoDB accepts.
  for (const _id of toChunks(ids, IDS_PER_QUERY)) {
    const status = { $in: ['placed', 'rejected'] as const };
    settled += await store.checkouts.countDocuments({ _id: { $in: _id }, status });
  }
  return ids.length - settled;
}

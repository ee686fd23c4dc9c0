import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { readEnv } from '../runtime/env.ts';
import { startRedis } from '../services/redis.ts';
import type { RunningService } from '../services/start-server.ts';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A primary and its replica behind one address. */
export interface RedisPair {
  /** The URL of the primary through the proxy. */
  readonly url: string;
  readonly proxy: TcpProxy;
  /** A client of the current primary that bypasses the proxy. */
  readonly primary: Redis;
  /** Promotes the replica and demotes the primary, whose connections stay open. */
  failOver(): Promise<void>;
}

interface Node {
  readonly folder: string;
  readonly service: RunningService;
  readonly admin: Redis;
}

/** Starts two servers and the proxy for the calling test file, and stops them after its tests. */
export function redisPair(): RedisPair {
  const nodes: Node[] = [];
  let proxy: TcpProxy | undefined;
  const started = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('the servers have not been started');
    return thing;
  };
  beforeAll(async () => {
    nodes.push(await startNode(), await startNode());
    await replicate(started(nodes[1]), started(nodes[0]));
    proxy = await startTcpProxy(started(nodes[0]).service.port);
  }, 30_000);
  afterAll(async () => {
    await proxy?.close();
    for (const { admin, service, folder } of nodes) {
      admin.disconnect();
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
  return {
    get url() {
      return `redis://127.0.0.1:${started(proxy).port}`;
    },
    get proxy() {
      return started(proxy);
    },
    get primary() {
      return started(nodes[0]).admin;
    },
    failOver: async () => {
      nodes.reverse();
      const [promoted, demoted] = [started(nodes[0]), started(nodes[1])];
      await promoted.admin.replicaof('NO', 'ONE');
      await replicate(demoted, promoted);
      started(proxy).retarget(promoted.service.port);
    },
  };
}

async function startNode(): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  const { cacheDir } = readEnv();
  const service = await startRedis({ dataDir: folder, cacheDir, log: () => undefined });
  const admin = new Redis(service.url, { maxRetriesPerRequest: null });
  admin.on('error', () => undefined);
  return { folder, service, admin };
}

async function replicate(replica: Node, primary: Node): Promise<void> {
  await replica.admin.replicaof('127.0.0.1', primary.service.port);
  while (!(await replica.admin.info('replication')).includes('master_link_status:up')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

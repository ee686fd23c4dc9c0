import { Redis } from 'ioredis';
import { freePort, isPortFree } from './processes/ports.ts';
import { startRedis } from './redis.ts';
import { type ServerGroup, startGroup, untilTrue } from './replica-set.ts';
import type { ServiceOptions } from './start-server.ts';

const MASTERS = 3;
const SLOTS = 16_384;
/** Redis 6 listens for the other nodes on its port plus this. */
const BUS_OFFSET = 10_000;
const PORT_MAX = 65_535;
const PORT_TRIES_MAX = 100;

const SETTINGS = {
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-node-timeout': '2000',
  // While a master is down, the others continue with their slots.
  'cluster-require-full-coverage': 'no',
};

/**
 * Starts a Redis Cluster of three masters without replicas on loopback, with their data in
 * DATA_DIR/redis-1 to -3.
 */
export async function startRedisCluster(options: ServiceOptions): Promise<ServerGroup> {
  const group = await startGroup(MASTERS, async (index, { port } = {}) =>
    startRedis(
      { ...options, port: port ?? (await freePortPair()) },
      { name: `redis-${index + 1}`, settings: SETTINGS },
    ),
  );
  const ports = group.members.map(({ port }) => port);
  try {
    await join(ports);
  } catch (error) {
    await group.stop();
    throw error;
  }
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  return { ...group, url: `redis+cluster://${hosts}` };
}

/** Divides the slots among the nodes, and introduces the nodes to each other. */
async function join(ports: readonly number[]): Promise<void> {
  const nodes = ports.map((port) => new Redis(port, '127.0.0.1'));
  try {
    for (const [index, node] of nodes.entries()) {
      const from = Math.floor((SLOTS * index) / nodes.length);
      const until = Math.floor((SLOTS * (index + 1)) / nodes.length);
      const slots = Array.from({ length: until - from }, (_, slot) => from + slot);
      await node.cluster('ADDSLOTS', ...slots);
      await node.cluster('SET-CONFIG-EPOCH', index + 1);
    }
    for (const port of ports.slice(1)) await nodes[0]?.cluster('MEET', '127.0.0.1', port);
    await untilTrue(async () => {
      const infos = await Promise.all(nodes.map((node) => node.cluster('INFO')));
      return infos.every((info) => isComplete(String(info), nodes.length));
    });
  } finally {
    for (const node of nodes) node.disconnect();
  }
}

function isComplete(info: string, nodes: number): boolean {
  const has = (name: string, value: string | number) => info.includes(`${name}:${value}\r`);
  return has('cluster_state', 'ok') && has('cluster_slots_ok', SLOTS) && has('cluster_size', nodes);
}

async function freePortPair(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries += 1) {
    const port = await freePort();
    if (port + BUS_OFFSET <= PORT_MAX && (await isPortFree(port + BUS_OFFSET))) return port;
  }
  throw new Error(`found no free port whose number plus ${BUS_OFFSET} is free too`);
}

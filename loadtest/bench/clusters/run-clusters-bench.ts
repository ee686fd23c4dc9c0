import { startRedisCluster } from '../../../shared/services/redis-cluster.ts';
import { type ServerGroup, startReplicaSet } from '../../../shared/services/replica-set.ts';
import type { ServiceOptions } from '../../../shared/services/start-server.ts';
import { comparisonAsText } from '../compare/compare.ts';
import {
  type ComparedSystems,
  type CompareOptions,
  compareSystems,
} from '../compare/compare-systems.ts';
import { loadNow } from '../machine/machine.ts';
import {
  type BenchServer,
  type BenchServices,
  type Log,
  type Servers,
  toBenchServer,
  withBenchServices,
} from '../system/bench-services.ts';
import { startSystem } from '../system/benched-system.ts';

const PARTITIONS = 4;
/** MongoDB's default. A shorter timeout could elect another primary while all cores are busy. */
const ELECTION_TIMEOUT_MS = 10_000;

/** How a system differs from the plain system: 1 partition, one MongoDB and one Redis. */
interface Arrangement {
  /** Also names the system's database and queues. */
  readonly name: string;
  readonly heading: string;
  readonly partitions: number;
  /** Starts the servers that the system does not share with the plain system. */
  start(options: ServiceOptions): Promise<Partial<Servers>>;
}

/** The measured arrangements. The last one differs from the plain system in everything. */
export const ARRANGEMENTS: readonly Arrangement[] = [
  {
    name: 'partitions',
    heading: `${PARTITIONS} partitions instead of 1`,
    partitions: PARTITIONS,
    start: async () => ({}),
  },
  {
    name: 'members',
    heading: 'three members of MongoDB instead of one',
    partitions: 1,
    start: async (options) => ({ mongodb: await startMembers(options) }),
  },
  {
    name: 'clusters',
    heading: `three members of MongoDB, three Redis masters and ${PARTITIONS} partitions instead of one each`,
    partitions: PARTITIONS,
    start: async (options) => ({
      mongodb: await startMembers(options),
      redis: toServer(await startRedisCluster(options)),
    }),
  },
];

/** The comparison of one arrangement with the plain system, whose figures are `before`. */
interface ClusterComparison extends ComparedSystems {
  readonly name: string;
  readonly heading: string;
}

/** The result of the clusters bench, printed as JSON on the last line. */
export interface ClustersReport {
  readonly at: string;
  /** Whether all comparisons are ok. */
  readonly ok: boolean;
  readonly comparisons: readonly ClusterComparison[];
}

/**
 * Measures what a checkout costs with more partitions, members of MongoDB and Redis masters. Each
 * arrangement is compared with the plain system in alternate rounds, on new servers.
 * @throws Error if a server does not start, or if a checkout is not accepted or settled
 */
export async function runClustersBench(
  options: CompareOptions,
  log: Log,
  arrangements = ARRANGEMENTS,
): Promise<ClustersReport> {
  const at = new Date().toISOString();
  const loadBefore = loadNow();
  const comparisons: ClusterComparison[] = [];
  for (const arrangement of arrangements) {
    log(arrangement.heading);
    comparisons.push(await compareWithPlain(arrangement, options, log, loadBefore));
  }
  return { at, ok: comparisons.every(({ ok }) => ok), comparisons };
}

function compareWithPlain(
  { name, heading, partitions, start }: Arrangement,
  options: CompareOptions,
  log: Log,
  loadBefore: number,
): Promise<ClusterComparison> {
  const run = async (services: BenchServices) => {
    log('starting the servers, and an API and a worker of each system');
    const ownServices = { ...services, ...(await start(services.serverOptions)) };
    const starts = {
      before: () => startSystem(services, { name: 'plain', partitions: 1 }),
      after: () => startSystem(ownServices, { name, partitions }),
    };
    return { name, heading, ...(await compareSystems(services, starts, options, log)) };
  };
  return withBenchServices(log, run, { loadBefore });
}

async function startMembers(options: ServiceOptions): Promise<BenchServer> {
  return toServer(await startReplicaSet(options, ELECTION_TIMEOUT_MS));
}

function toServer({ url, members }: ServerGroup): BenchServer {
  return toBenchServer(url, members);
}

/** Returns the report as text for a terminal: a table for each comparison. */
export function clustersReportAsText({ comparisons }: ClustersReport): string {
  return comparisons.map(toSection).join('\n\n');
}

function toSection(comparison: ClusterComparison): string {
  const { name, heading, pairs, figures, disturbance, ok, problems } = comparison;
  return [
    `${heading}; pairs of rounds: ${pairs}`,
    comparisonAsText(figures, { before: 'plain', after: name }),
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...problems.map((problem) => `FAILED: ${problem}`),
    `verdicts: ${ok ? 'ok' : 'NOT OK'}`,
  ].join('\n');
}

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BenchServices } from '../system/bench-services.ts';
import { type BenchedSystem, toSystemRecord } from '../system/benched-system.ts';

type SystemModule = typeof import('../system/benched-system.ts');
type DrainModule = typeof import('../../../shared/ledger/judging/drain.ts');
type VerdictModule = typeof import('../../../shared/ledger/judging/verdict.ts');
type LagModule = typeof import('../../../shared/search/read-lag.ts');

/**
 * Starts the API and the worker of another revision. The revision's own code starts them and later
 * reads their records, because revisions store different documents.
 * @param folder the revision's worktree, with its packages
 * @throws Error if the revision lacks one of these modules, except the one that reads the search's
 *   lag, or if a process does not become ready
 */
export async function startRevision(
  services: BenchServices,
  folder: string,
  name: string,
): Promise<BenchedSystem> {
  const load = <Module>(path: string) =>
    import(pathToFileURL(join(folder, path)).href) as Promise<Module>;
  const [{ startSystem }, { waitUntilDrained }, { takeVerdict }, lag] = await Promise.all([
    load<SystemModule>('loadtest/bench/system/benched-system.ts'),
    load<DrainModule>('shared/ledger/judging/drain.ts'),
    load<VerdictModule>('shared/ledger/judging/verdict.ts'),
    load<LagModule>('shared/search/read-lag.ts').catch(() => undefined),
  ]);
  const system = await startSystem(services, { name });
  const readers = { waitUntilDrained, readSearchLag: lag?.readSearchLag, takeVerdict };
  // Older revisions do not return their servers.
  return { ...system, servers: services, ...toSystemRecord(system.store, readers) };
}

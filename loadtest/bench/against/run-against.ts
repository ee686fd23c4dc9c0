import { prepareWorktree, resolveCommit } from '../../system/other-revision.ts';
import {
  type ComparedSystems,
  type CompareOptions,
  compareSystems,
} from '../compare/compare-systems.ts';
import { type Log, withBenchServices } from '../system/bench-services.ts';
import { startSystem } from '../system/benched-system.ts';
import { startRevision } from './start-revision.ts';

interface AgainstReport extends ComparedSystems {
  /** The full hash of the other revision's commit. */
  readonly revision: string;
}

/**
 * Compares this tree with another revision, which gets its own worktree and packages in DATA_DIR;
 * later runs reuse them.
 * @param revision in any form that git accepts
 * @throws Error if git does not find the revision, if its packages cannot be installed, if a system
 *   does not start, or if a checkout is not accepted or settled
 */
export async function runAgainst(
  revision: string,
  options: CompareOptions,
  log: Log,
): Promise<AgainstReport> {
  const commit = await resolveCommit(revision);
  const worktree = await prepareWorktree(commit, log);
  return { revision: commit, ...(await compareWith(worktree, options, log)) };
}

/**
 * Runs an API and a worker of another tree and of this tree on the same servers, and compares them.
 * @param worktree the folder of the other tree, with its packages
 * @throws Error if a system does not start, or if a checkout is not accepted or settled
 */
export function compareWith(
  worktree: string,
  options: CompareOptions,
  log: Log,
): Promise<ComparedSystems> {
  return withBenchServices(log, (services) => {
    log('starting an API and a worker of each revision');
    const starts = {
      before: () => startRevision(services, worktree, 'before'),
      after: () => startSystem(services, { name: 'after' }),
    };
    return compareSystems(services, starts, options, log);
  });
}

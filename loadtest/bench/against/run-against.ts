import { execa } from 'execa';
import { projectRoot } from '../../../shared/runtime/env.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';
import { prepareWorktree, resolveCommit } from '../../system/other-revision.ts';
import type { Log } from '../system/bench-services.ts';
import { type Comparison, compare, type Pair, type Report } from './compare.ts';

/** Longer than any sensible run, so that a run that hangs is ended. */
const RUN_TIMEOUT_MS = 60 * 60 * 1_000;

interface AgainstOptions {
  /** The forms of a revision's name that are passed to git. */
  readonly revision: string;
  readonly pairs: number;
  /** Options that both benches receive. */
  readonly args: readonly string[];
}

interface AgainstReport {
  readonly revision: string;
  readonly pairs: number;
  readonly ok: boolean;
  readonly figures: readonly Comparison[];
}

/**
 * Runs the bench of another revision and of this tree alternately and compares each figure. The
 * other revision gets its own worktree and packages in DATA_DIR, which later runs reuse.
 * @throws Error if git does not find the revision
 */
export async function runAgainst(
  { revision, pairs, args }: AgainstOptions,
  log: Log,
): Promise<AgainstReport> {
  const commit = await resolveCommit(revision);
  const worktree = await prepareWorktree(commit, log);
  const measured: Pair[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    log(`pair ${pair} of ${pairs}`);
    const runBefore = () => runBench(worktree, args, log);
    const runAfter = () => runBench(projectRoot, args, log);
    // Alternates the order, so that neither revision always runs on the warmer machine.
    if (pair % 2 === 1) {
      const before = await runBefore();
      measured.push({ before, after: await runAfter() });
    } else {
      const after = await runAfter();
      measured.push({ before: await runBefore(), after });
    }
  }
  return {
    revision: commit,
    pairs,
    ok: measured.every(({ before, after }) => before.ok === true && after.ok === true),
    figures: compare(measured),
  };
}

/** Runs the bench in a folder and returns the report from its last line. */
async function runBench(folder: string, args: readonly string[], log: Log): Promise<Report> {
  const bench = execa('npm', ['run', '-s', 'bench', '--', ...args], {
    cwd: folder,
    timeout: RUN_TIMEOUT_MS,
    stdin: 'ignore',
    reject: false,
  });
  for await (const line of bench.iterable({ from: 'stderr' })) log(`  ${line}`);
  const { stdout, exitCode } = await bench;
  try {
    return JSON.parse(stdout.split('\n').at(-1) ?? '') as Report;
  } catch (error) {
    const reason = `the bench in ${folder} exited with ${exitCode} and printed no report`;
    throw new Error(`${reason}: ${errorMessage(error)}`, { cause: error });
  }
}

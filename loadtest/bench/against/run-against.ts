import { execFile, spawn } from 'node:child_process';
import { access, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot, readEnv } from '../../../shared/runtime/env.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';
import { UsageError } from '../options.ts';
import { type Comparison, compare, type Pair, type Report } from './compare.ts';

const run = promisify(execFile);

/** Longer than any sensible run, so that a run that hangs is ended. */
const RUN_TIMEOUT_MS = 60 * 60 * 1_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

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
 * @throws UsageError if git does not find the revision
 */
export async function runAgainst(
  { revision, pairs, args }: AgainstOptions,
  log: (line: string) => void,
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

async function resolveCommit(revision: string): Promise<string> {
  try {
    const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
    const { stdout } = await run('git', args, { cwd: projectRoot });
    return stdout.trim();
  } catch {
    throw new UsageError(`--against: git finds no revision '${revision}'`);
  }
}

/** Checks out the commit next to the bench's data and installs its packages. */
async function prepareWorktree(commit: string, log: (line: string) => void): Promise<string> {
  const folder = join(readEnv().dataDir, 'bench-against', commit);
  if (!(await exists(folder))) {
    log(`checking out ${commit}`);
    await mkdir(join(folder, '..'), { recursive: true });
    await run('git', ['worktree', 'prune'], { cwd: projectRoot });
    await run('git', ['worktree', 'add', '--detach', folder, commit], { cwd: projectRoot });
  }
  const downloads = join(projectRoot, '.cache');
  if ((await exists(downloads)) && !(await exists(join(folder, '.cache')))) {
    await symlink(downloads, join(folder, '.cache'));
  }
  if (!(await exists(join(folder, 'node_modules', '.package-lock.json')))) {
    log('installing its packages');
    const options = { cwd: folder, maxBuffer: OUTPUT_BYTES_MAX };
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], options);
  }
  return folder;
}

/** Runs the bench in a folder and returns the report from its last line. */
async function runBench(
  folder: string,
  args: readonly string[],
  log: (line: string) => void,
): Promise<Report> {
  const child = spawn('npm', ['run', '-s', 'bench', '--', ...args], {
    cwd: folder,
    timeout: RUN_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line !== '') log(`  ${line}`);
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(lastLine) as Report;
  } catch (error) {
    const reason = `the bench in ${folder} exited with ${code} and printed no report`;
    throw new Error(`${reason}: ${errorMessage(error)}`, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

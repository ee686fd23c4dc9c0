import { access, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot, readEnv } from '../../shared/runtime/env.ts';

/**
 * Returns the commit of a revision, which may have any form that git accepts.
 * @throws Error if git does not find the revision
 */
export async function resolveCommit(revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
  const { stdout, failed } = await execa('git', args, { cwd: projectRoot, reject: false });
  if (failed) throw new Error(`git finds no revision '${revision}'`);
  return stdout;
}

/**
 * Checks a commit out into DATA_DIR, installs its packages and returns its folder. Later calls
 * reuse the folder. The commit uses the programs that this tree has downloaded.
 * @throws Error if git or npm fails
 */
export async function prepareWorktree(
  commit: string,
  log: (line: string) => void,
): Promise<string> {
  const folder = join(readEnv().dataDir, 'bench-against', commit);
  if (!(await exists(folder))) {
    log(`checking out ${commit}`);
    await mkdir(join(folder, '..'), { recursive: true });
    const git = execa({ cwd: projectRoot });
    await git`git worktree prune`;
    await git`git worktree add --detach ${folder} ${commit}`;
  }
  const downloads = join(projectRoot, '.cache');
  if ((await exists(downloads)) && !(await exists(join(folder, '.cache')))) {
    await symlink(downloads, join(folder, '.cache'));
  }
  if (!(await exists(join(folder, 'node_modules', '.package-lock.json')))) {
    log(`installing the packages of ${commit}`);
    await execa({ cwd: folder })`npm ci --no-audit --no-fund --prefer-offline`;
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

/** A separate file system that a test may fill. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills the file system. */
  fill(): void;
  /** Removes what `fill` has written. */
  free(): void;
}

/** The reason why this machine cannot mount a small disk; undefined if it can. */
export const noSmallDisk: string | undefined =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'only root on Linux can mount a small disk'
    : canMount();

const BLOCK = Buffer.alloc(64 * 1024);

/** Mounts an in-memory file system for the running test and removes it afterwards. */
export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  onTestFinished(async () => {
    execFileSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  const filling = join(folder, 'filling');
  return {
    folder,
    fill: () => fillUp(filling),
    free: () => rmSync(filling, { force: true }),
  };
}

function fillUp(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = BLOCK.length; size > 0; size = size > 1 ? size >> 1 : 0) {
      while (isWritten(file, BLOCK.subarray(0, size)));
    }
  } finally {
    closeSync(file);
  }
}

function isWritten(file: number, bytes: Uint8Array): boolean {
  try {
    return writeSync(file, bytes) > 0;
  } catch {
    return false;
  }
}

function canMount(): string | undefined {
  const folder = tmpdir();
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', folder], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this machine does not allow mounting a small disk';
  }
}

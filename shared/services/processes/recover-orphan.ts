import type { Log } from '../log.ts';
import { endProcess } from './end-process.ts';
import { commandLineOf, identityOf, isRunning, processesWith } from './identity.ts';
import { readRunRecord } from './run-record.ts';

const ORPHAN_DEADLINE_MS = 20_000;

type Orphan = {
  dataDir: string;
  service: string;
  /** The service's own data folder: a process is only ended if its command line names it. */
  folder: string;
  /** A process id that the service itself left in its folder, if it does that. */
  pidInFolder?: number | undefined;
  /**
   * The option by which its command line names the folder. It is found by that alone, too: its
   * record may be missing because the disk was full.
   */
  folderOption?: string;
  log: Log;
};

/**
 * Ends a service that an earlier, crashed launcher left running on this data. Throws when its
 * launcher is alive: then the data is in use and nothing is touched.
 */
export async function recoverOrphan(orphan: Orphan): Promise<void> {
  const record = await readRunRecord(orphan.dataDir, orphan.service);
  const launcher = record?.launcher;
  const option = orphan.folderOption;
  const byFolder = option ? await processesWith(option, orphan.folder) : [];
  const pids = new Set([record?.process.pid, orphan.pidInFolder, ...byFolder]);
  for (const pid of pids) {
    const found = pid === undefined ? undefined : identityOf(pid);
    if (!found || !commandLineOf(found.pid)?.includes(orphan.folder)) continue;
    if (launcher && launcher.pid !== process.pid && isRunning(launcher)) {
      throw new Error(
        `${orphan.folder} is in use by ${orphan.service} (process ${found.pid}), ` +
          `started by process ${launcher.pid}: ${commandLineOf(launcher.pid) ?? 'unknown'}`,
      );
    }
    orphan.log(`${orphan.service}: ending process ${found.pid}, left over by an earlier run`);
    await endProcess(found, ORPHAN_DEADLINE_MS);
  }
}

import type { Log } from '../../runtime/output.ts';
import { endProcess, findProcess, isRunning, processesWith, readCommandLine } from './identity.ts';
import { readRunRecord } from './run-record.ts';

const ORPHAN_DEADLINE_MS = 20_000;

type Orphan = {
  dataDir: string;
  service: string;
  /**
   * The service's data folder. A process is ended only if its command line contains this folder.
   */
  folder: string;
  /** The process id that the service itself stores in its folder, if it stores one. */
  pidInFolder?: number | undefined;
  /** The command-line option that names the folder, by which processes without a record are found. */
  folderOption?: string;
  log: Log;
};

/**
 * Ends a service that a crashed launcher left running on this data.
 * @throws Error if its launcher still runs and is not this process; the service is then left
 *   running
 */
export async function recoverOrphan(orphan: Orphan): Promise<void> {
  const record = await readRunRecord(orphan.dataDir, orphan.service);
  const launcher = record?.launcher;
  const option = orphan.folderOption;
  const byFolder = option ? await processesWith(option, orphan.folder) : [];
  const recorded = record && isRunning(record.process) ? record.process.pid : undefined;
  const pids = new Set([recorded, orphan.pidInFolder, ...byFolder]);
  for (const pid of pids) {
    const identity = pid === undefined ? undefined : findProcess(pid);
    if (!identity || !readCommandLine(identity.pid)?.includes(orphan.folder)) continue;
    if (launcher && launcher.pid !== process.pid && isRunning(launcher)) {
      throw new Error(
        `${orphan.folder} is in use by ${orphan.service} (process ${identity.pid}), ` +
          `started by process ${launcher.pid}: ${readCommandLine(launcher.pid) ?? 'unknown'}`,
      );
    }
    orphan.log(`ending ${orphan.service} (process ${identity.pid}), left over from an earlier run`);
    await endProcess(identity, ORPHAN_DEADLINE_MS);
  }
}

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** More than the few blocks that a full file system may have left. */
const BYTES = 256 * 1024;

/** Returns whether files can be written to a folder, which may be full, read-only or missing. */
export async function canWrite(folder: string): Promise<boolean> {
  const path = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFile(path, Buffer.alloc(BYTES), { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

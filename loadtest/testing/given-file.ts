import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../shared/testing/temporary-folder.ts';
import { BrokenRows } from '../replay/csv/broken-rows.ts';

/** Writes a file for the running test, gzipped if its name ends in .gz. */
export async function givenFile(name: string, content: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

/** Returns a `BrokenRows` whose messages are collected in `logged`. */
export function brokenRows(): { broken: BrokenRows; logged: string[] } {
  const logged: string[] = [];
  return { broken: new BrokenRows((text) => logged.push(text)), logged };
}

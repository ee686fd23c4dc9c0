import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const BYTES_MAX = 32 * 1024 * 1024;
const TAIL_BYTES = 16_384;
const TAIL_LINES = 12;
const LINE_CHARS_MAX = 240;

/** Opens a log for appending. A log above 32 MiB is renamed to `<path>.1` first. */
export async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > BYTES_MAX) await rename(path, `${path}.1`).catch(() => undefined);
  return open(path, 'a', 0o600);
}

/**
 * Returns the last errors in a log, or its last lines if it has none, each shortened.
 * @param from the position in bytes at which this run's part of the log begins
 */
export async function lastLines(path: string, from: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const text = bytes.subarray(from).toString();
  if (text === '') return '  it has logged nothing';
  const lines = text.slice(-TAIL_BYTES).trimEnd().split('\n');
  const errors = lines.filter((line) => /"s":"[EF]"|^\d+:\w+ .* # |"level":[56]0/.test(line));
  const last = (errors.length > 0 ? errors : lines).slice(-TAIL_LINES);
  return last.map((line) => `  ${readable(line).slice(0, LINE_CHARS_MAX)}`).join('\n');
}

/** mongod logs JSON; people need its message and attributes. */
function readable(line: string): string {
  const match = /"msg":"(.*?)"(?:,"attr":(.*)\}$)?/.exec(line);
  return match ? `${match[1]} ${match[2] ?? ''}` : line;
}

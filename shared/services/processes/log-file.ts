import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const BYTES_MAX = 32 * 1024 * 1024;
const TAIL_BYTES = 16_384;
const TAIL_LINES = 12;
const LINE_CHARS_MAX = 240;

/** Opens a log for appending; one that has grown beyond 32 MiB becomes `<path>.1` first, if it can. */
export async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > BYTES_MAX) await rename(path, `${path}.1`).catch(() => undefined);
  return open(path, 'a', 0o600);
}

/** The last errors in a log of mongod's or Redis's kind, else its last lines; each cut short. */
export async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.slice(-TAIL_BYTES).trimEnd().split('\n');
  const errors = lines.filter((line) => /"s":"[EF]"|^\d+:\w+ .* # |"level":[56]0/.test(line));
  const last = (errors.length > 0 ? errors : lines).slice(-TAIL_LINES);
  return last.map((line) => `  ${readable(line).slice(0, LINE_CHARS_MAX)}`).join('\n');
}

/** mongod writes JSON, of which a person wants the message and what it is about. */
function readable(line: string): string {
  const about = /"msg":"(.*?)"(?:,"attr":(.*)\}$)?/.exec(line);
  return about ? `${about[1]} ${about[2] ?? ''}` : line;
}

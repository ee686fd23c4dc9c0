import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Consecutive lines without line endings; `first` is the number of the first line, from 1. */
export interface LineGroup {
  readonly first: number;
  readonly lines: readonly string[];
}

const GZIP_MAGIC = 0x1f8b;
const CHUNK_BYTES = 262_144;
/** Only a file that is not CSV has longer lines. */
const LINE_LENGTH_MAX = 1_048_576;

/**
 * Streams the lines of a UTF-8 text file, gzipped or not, whose lines end in LF or CRLF.
 * @throws Error if the file cannot be read, its compressed data is truncated, or a line is too long
 */
export async function* readLines(path: string): AsyncGenerator<LineGroup> {
  let first = 1;
  let unfinished = '';
  for await (const chunk of await openText(path)) {
    const lines = `${unfinished}${chunk}`.split('\n');
    unfinished = lines.pop() ?? '';
    if (unfinished.length > LINE_LENGTH_MAX) {
      throw new Error(`line ${first + lines.length} has no end: is this a CSV file?`);
    }
    if (lines.length === 0) continue;
    yield { first, lines: lines.map(trimCarriageReturn) };
    first += lines.length;
  }
  if (unfinished !== '') yield { first, lines: [trimCarriageReturn(unfinished)] };
}

function trimCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

async function openText(path: string): Promise<AsyncIterable<string>> {
  const isGzip = await isGzipped(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // A read error surfaces in the last stream of the pipeline.
  const bytes = isGzip ? pipeline(file, createGunzip(), () => undefined) : file;
  bytes.setEncoding('utf8');
  return bytes as AsyncIterable<string>;
}

async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === GZIP_MAGIC;
  } finally {
    await file.close();
  }
}

import type { Upload } from '../../../http/request-body.ts';
import { CsvReader } from '../csv/read-csv.ts';
import type { Parsed } from './candidate.ts';
import { NdjsonReader } from './read-ndjson.ts';
import { LineCutter, type TextLine } from './text-lines.ts';

/** Reads products out of lines, one after the other. */
interface ProductReader {
  push(line: TextLine): Parsed[];
  end(): Parsed[];
}

const READERS: Readonly<Record<string, () => ProductReader>> = {
  'application/x-ndjson': () => new NdjsonReader(),
  'text/csv': () => new CsvReader(),
};

/** What can be imported. */
export const MEDIA_TYPES = Object.keys(READERS);

/**
 * Reads the products of a file while it arrives; no more than a chunk of it is held.
 * @throws FileFault when the file as a whole cannot be read
 */
export async function* readProducts(
  mediaType: string,
  chunks: Upload['chunks'],
): AsyncGenerator<Parsed> {
  const reader = READERS[mediaType]?.();
  if (reader === undefined) throw new RangeError(`no reader of ${mediaType}`);
  const cutter = new LineCutter();
  for await (const chunk of chunks) {
    for (const line of cutter.push(chunk)) yield* reader.push(line);
  }
  for (const line of cutter.end()) yield* reader.push(line);
  yield* reader.end();
}

import { parseJson, type Upload } from '../../../http/request-body.ts';
import type { FileContents } from '../csv/csv-header.ts';
import { CsvReader } from '../csv/read-csv.ts';
import { type Parsed, toFaults } from './candidate.ts';
import { LineCutter, type TextLine } from './text-lines.ts';

/** Reads products from consecutive lines. */
interface ProductReader {
  push(line: TextLine): Parsed[];
  end(): Parsed[];
}

const READERS: Readonly<Record<string, (contents: FileContents) => ProductReader>> = {
  'application/x-ndjson': () => ({ push: readJsonLine, end: () => [] }),
  'text/csv': (contents) => new CsvReader(contents),
};

/** The media types that can be imported. */
export const MEDIA_TYPES = Object.keys(READERS);

/**
 * Reads the products of a file while it arrives. Keeps only the current chunk, the unfinished line
 * and the unfinished product of the file in memory.
 * @throws FileFault if the file as a whole cannot be read
 */
export async function* readProducts(
  mediaType: string,
  chunks: Upload['chunks'],
  contents: FileContents = { hasStock: false },
): AsyncGenerator<Parsed> {
  const reader = READERS[mediaType]?.(contents);
  if (reader === undefined) throw new RangeError(`no reader of ${mediaType}`);
  const cutter = new LineCutter();
  for await (const chunk of chunks) {
    for (const line of cutter.push(chunk)) yield* reader.push(line);
  }
  for (const line of cutter.end()) yield* reader.push(line);
  yield* reader.end();
}

/** The end of an object in a JSON array that has one object on each line. */
const TRAILING_COMMA = /\}\s*,$/;

/** Reads a product from a line of JSON; blank lines are skipped. */
function readJsonLine({ number: line, text: raw, fault }: TextLine): Parsed[] {
  const rows = [{ line, lastLine: line }];
  if (fault !== undefined) return [{ faults: [fault], rows }];
  // Concatenated files have byte order marks in the middle; trimming removes them.
  const text = raw.trim();
  if (text === '') return [];
  const findPlace = (path: string) => ({ line, path });
  try {
    const json = TRAILING_COMMA.test(text) ? text.slice(0, -1) : text;
    const value = parseJson(json, 'The line');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return [{ line, value, length: text.length, rows, findPlace }];
    }
    const message = 'Each line must be a JSON object, one for each product.';
    return [{ faults: [{ line, path: '', code: 'invalid_request', message }], rows }];
  } catch (error) {
    const isBracket = /^[[\]{}],?$/.test(text);
    const message = 'Put each product on a line of its own, without brackets around the list.';
    return [
      {
        faults: toFaults(error, {
          findPlace: isBracket ? () => ({ line, path: '', message }) : findPlace,
        }),
        rows,
      },
    ];
  }
}

import { parseJson } from '../../../http/request-body.ts';
import { faultsOf, type Parsed } from './candidate.ts';
import { lineFault } from './line-fault.ts';
import type { TextLine } from './text-lines.ts';

/** Reads a product from each line of JSON; lines with nothing on them are passed over. */
export class NdjsonReader {
  push(line: TextLine): Parsed[] {
    if (line.fault !== undefined) return [{ faults: [lineFault(line)] }];
    const { number, text } = line;
    if (text.trim() === '') return [];
    const placeOf = (path: string) => ({ line: number, path });
    try {
      return [{ line: number, value: parseJson(text, 'The line'), length: text.length, placeOf }];
    } catch (error) {
      return [{ faults: faultsOf(error, { placeOf }) }];
    }
  }

  end(): Parsed[] {
    return [];
  }
}

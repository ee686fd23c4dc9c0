import { createHash } from 'node:crypto';
import type { LineFault } from '../read/candidate.ts';
import type { CsvRow } from './csv-row.ts';

/**
 * The keys that a file has had. A file is read as it arrives, so that the rows of a product must
 * follow each other: what came before may be stored by now. There are no more keys than lines, and
 * only a digest of each is kept, since a key may be as long as a line.
 */
export class SeenKeys {
  readonly #lines = new Map<string, number>();

  /** Takes a key whose rows begin here. @returns what is wrong if there have been rows of it */
  take({ key, line }: Pick<CsvRow, 'key' | 'line'>): LineFault | undefined {
    if (key === '') return undefined;
    const digest = createHash('sha256').update(key).digest('base64');
    const before = this.#lines.get(digest);
    if (before === undefined) {
      this.#lines.set(digest, line);
      return undefined;
    }
    const message = `The rows of a product must follow each other: line ${before} has this key too.`;
    return { line, path: 'product', code: 'invalid_request', message };
  }
}

import { isUtf8 } from 'node:buffer';
import { BODY_BYTES_MAX } from '../../../../shared/contract/limits.ts';
import { FileFault } from './candidate.ts';

/** A line up to its line feed; `text` is not to be relied on where there is a fault. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
  readonly fault?: 'not_utf8' | 'line_too_long';
}

export const LINES_MAX = 50_000;
/** A product that can be posted can be imported. */
export const LINE_BYTES_MAX = BODY_BYTES_MAX;
const LINE_END = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** Cuts bytes into lines as they come in, and holds no more than one line of them. */
export class LineCutter {
  #number = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /**
   * The lines that end in this chunk.
   * @throws FileFault when there are too many
   */
  push(chunk: Uint8Array): TextLine[] {
    const lines: TextLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      this.#hold(chunk.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  /** The last line, if nothing ends it. */
  end(): TextLine[] {
    return this.#heldBytes === 0 ? [] : [this.#take()];
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > LINE_BYTES_MAX) this.#held = [];
    else if (bytes.length > 0) this.#held.push(bytes);
  }

  #take(): TextLine {
    this.#number += 1;
    const number = this.#number;
    if (number > LINES_MAX) throw new FileFault(tooMany(number));
    const isTooLong = this.#heldBytes > LINE_BYTES_MAX;
    const [first = new Uint8Array()] = this.#held;
    const whole = this.#held.length > 1 ? Buffer.concat(this.#held) : first;
    const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.length);
    this.#held = [];
    this.#heldBytes = 0;
    if (isTooLong) return { number, text: '', fault: 'line_too_long' };
    const text = textOf(bytes, number);
    return isUtf8(bytes) ? { number, text } : { number, text, fault: 'not_utf8' };
  }
}

function textOf(bytes: Buffer, number: number): string {
  const text = bytes.toString('utf8');
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function tooMany(line: number) {
  const message = `A file may have ${LINES_MAX} lines at most.`;
  return { line, path: '', code: 'too_many_lines', message } as const;
}

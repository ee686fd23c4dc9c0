import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { BODY_BYTES_MAX } from '../../../../shared/contract/limits.ts';
import { FileFault, type LineFault } from './candidate.ts';

/** A line of the file. If it has a fault, `text` is unreliable. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
  /** The line break that ends it: LF, CRLF, CR, or nothing at the end of the file. */
  readonly end: string;
  readonly fault?: LineFault;
}

export const LINES_MAX = 50_000;
/** As large as a request body, so that every product that can be posted can be imported. */
export const LINE_BYTES_MAX = BODY_BYTES_MAX;
const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';
const REPLACEMENT = '\ufffd';

/** Messages for files that are neither UTF-8 nor UTF-16, by the first bytes of the file in hex. */
const NOT_TEXT: readonly (readonly [string, string])[] = [
  ['504b0304', 'This is an Excel workbook or another zip archive'],
  ['d0cf11e0', 'This is an Excel workbook in the old format'],
  ['1f8b', 'The file is compressed'],
  ['fffe0000', 'The file is UTF-32'],
  ['0000feff', 'The file is UTF-32'],
];
const SNIFFED_BYTES = 4;

/**
 * Splits bytes into lines as they arrive. Keeps only the unfinished line in memory. Lines end with
 * LF, CRLF or CR. Decodes UTF-16, which spreadsheets save as "Unicode text".
 */
export class LineCutter {
  #sniffed = Buffer.alloc(0);
  #isSniffing = true;
  #utf16: TextDecoder | undefined;
  #number = 0;
  /** The parts of the unfinished line; none if it is too long. */
  #held: Uint8Array[] = [];
  /** The length of the unfinished line, even if it is too long. */
  #heldBytes = 0;
  /** The last line of a chunk that ended with CR, which may be the first half of CRLF. */
  #beforeCr: TextLine | undefined;

  /**
   * Returns the lines that end in this chunk.
   * @throws FileFault if there are too many lines, or if the file is not text
   */
  push(chunk: Uint8Array): TextLine[] {
    if (!this.#isSniffing) return this.#cut(this.#decoded(chunk));
    this.#sniffed = Buffer.concat([this.#sniffed, chunk]);
    return this.#sniffed.length < SNIFFED_BYTES ? [] : this.#sniff();
  }

  /** Returns the remaining lines at the end of the file. */
  end(): TextLine[] {
    const lines = this.#isSniffing ? this.#sniff() : [];
    if (this.#utf16 !== undefined) lines.push(...this.#cut(Buffer.from(this.#utf16.decode())));
    if (this.#beforeCr !== undefined) lines.push(this.#beforeCr);
    this.#beforeCr = undefined;
    return this.#heldBytes === 0 ? lines : [...lines, this.#take('')];
  }

  #sniff(): TextLine[] {
    this.#isSniffing = false;
    const bytes = this.#sniffed;
    const start = bytes.toString('hex', 0, SNIFFED_BYTES);
    const known = NOT_TEXT.find(([signature]) => start.startsWith(signature));
    if (known !== undefined) {
      const message = `${known[1]}. Save it as “CSV UTF-8”.`;
      throw new FileFault({ line: 1, path: '', code: 'not_utf8', message });
    }
    // UTF-16 without a byte order mark is recognized by a zero byte next to the first letter.
    if (/^(?:fffe|(?!00)..00)/.test(start)) this.#utf16 = new TextDecoder('utf-16le');
    if (/^(?:feff|00(?!00))/.test(start)) this.#utf16 = new TextDecoder('utf-16be');
    return this.#cut(this.#decoded(bytes));
  }

  #decoded(chunk: Uint8Array): Uint8Array {
    return this.#utf16 === undefined
      ? chunk
      : Buffer.from(this.#utf16.decode(chunk, { stream: true }));
  }

  #cut(chunk: Uint8Array): TextLine[] {
    const lines: TextLine[] = [];
    let from = 0;
    if (this.#beforeCr !== undefined && chunk.length > 0) {
      const isCrLf = chunk[0] === LF;
      lines.push(isCrLf ? { ...this.#beforeCr, end: '\r\n' } : this.#beforeCr);
      this.#beforeCr = undefined;
      from = isCrLf ? 1 : 0;
    }
    let lf = chunk.indexOf(LF, from);
    let cr = chunk.indexOf(CR, from);
    while (lf >= 0 || cr >= 0) {
      const isCr = cr >= 0 && (lf < 0 || cr < lf);
      const at = isCr ? cr : lf;
      const end = !isCr ? '\n' : lf === at + 1 ? '\r\n' : '\r';
      this.#hold(chunk.subarray(from, at));
      const line = this.#take(end);
      from = at + end.length;
      if (end === '\r' && from === chunk.length) this.#beforeCr = line;
      else lines.push(line);
      if (lf >= 0 && lf < from) lf = chunk.indexOf(LF, from);
      if (cr >= 0 && cr < from) cr = chunk.indexOf(CR, from);
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > LINE_BYTES_MAX) this.#held = [];
    else if (bytes.length > 0) this.#held.push(bytes);
  }

  #take(end: string): TextLine {
    this.#number += 1;
    const number = this.#number;
    const fault = (code: LineFault['code'], message: string): LineFault => {
      return { line: number, path: '', code, message };
    };
    if (number > LINES_MAX) {
      throw new FileFault(fault('too_many_lines', `A file may have at most ${LINES_MAX} lines.`));
    }
    const isTooLong = this.#heldBytes > LINE_BYTES_MAX;
    const bytes = join(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    if (isTooLong) {
      const message = `A line may have at most ${LINE_BYTES_MAX} bytes.`;
      return { number, text: '', end, fault: fault('line_too_long', message) };
    }
    const decoded = bytes.toString('utf8');
    const isFirst = number === 1 && decoded.startsWith(BYTE_ORDER_MARK);
    const text = isFirst ? decoded.slice(1) : decoded;
    const isBad = this.#utf16 === undefined ? !isUtf8(bytes) : text.includes(REPLACEMENT);
    return isBad
      ? { number, text, end, fault: fault('not_utf8', this.#describe(bytes)) }
      : { number, text, end };
  }

  #describe(bytes: Buffer): string {
    if (this.#utf16 !== undefined) return 'The line is not well-formed UTF-16.';
    const looksWestern = !bytes.some((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte));
    const guess = looksWestern ? ', but probably Windows-1252 (ANSI)' : '';
    return `The line is not UTF-8${guess}. Save the file as UTF-8 (“CSV UTF-8” in a spreadsheet).`;
  }
}

/** Joins the parts into one buffer. A part that is alone is not copied. */
function join(parts: readonly Uint8Array[]): Buffer {
  const [first] = parts;
  if (first === undefined || parts.length > 1) return Buffer.concat(parts);
  return Buffer.from(first.buffer, first.byteOffset, first.length);
}

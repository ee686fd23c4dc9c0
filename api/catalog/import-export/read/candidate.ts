import { type ErrorCode, RefusedError } from '../../../../shared/domain/errors.ts';

/** Codes of faults in a line of an imported file, including the codes of product requests. */
type FaultCode =
  | ErrorCode
  | 'not_utf8'
  | 'line_too_long'
  | 'too_many_lines'
  | 'malformed_csv'
  | 'invalid_header'
  | 'product_refused';

/** A position in the file: the line number from 1, and the CSV column or the dotted path in JSON. */
export interface Place {
  readonly line: number;
  readonly path: string;
}

/** A fault in the file, and its position. */
export interface LineFault extends Place {
  readonly code: FaultCode;
  readonly message: string;
}

/** The first and last line of a row; they differ only if a cell contains line breaks. */
export interface RowLines {
  readonly line: number;
  readonly lastLine: number;
}

/** A product of the file before its validation. */
export interface Candidate {
  /** The line on which it begins. */
  readonly line: number;
  readonly value: unknown;
  /** Its length in the file, in characters. */
  readonly length: number;
  /** All its rows, in the order of the file. */
  readonly rows: readonly RowLines[];
  /**
   * Finds the position of a dotted path of `value` in the file. If the result has a `message`, it
   * replaces the message of the schema, which fits the file less well.
   */
  readonly findPlace: (path: string) => Place & { readonly message?: string | undefined };
}

/** Rows of the file that do not become a product, and their faults. */
export interface RefusedRows {
  readonly faults: readonly LineFault[];
  readonly rows: readonly RowLines[];
}

/** A product of the file, or rows that cannot be read as one. */
export type Parsed = Candidate | RefusedRows;

/** Thrown if a file cannot be read to its end. */
export class FileFault extends Error {
  readonly faults: readonly LineFault[];

  constructor(...faults: readonly LineFault[]) {
    super('the file cannot be read');
    this.name = 'FileFault';
    this.faults = faults;
  }
}

/**
 * Converts the refusal of a candidate to faults with their positions in the file.
 * @throws `error` if it is no RefusedError
 */
export function toFaults(error: unknown, { findPlace }: Pick<Candidate, 'findPlace'>): LineFault[] {
  if (!(error instanceof RefusedError)) throw error;
  const { code, message, fields } = error;
  const refused = fields.length === 0 ? [{ path: '', message }] : fields;
  return refused.map((field) => {
    const { line, path, message: placeMessage } = findPlace(field.path);
    return { line, path, code, message: placeMessage ?? field.message };
  });
}

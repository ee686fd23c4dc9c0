import { type ErrorCode, RefusedError } from '../../../../shared/domain/errors.ts';

/** What can be wrong with a line of an imported file, in addition to what can be wrong with any product. */
type FaultCode =
  | ErrorCode
  | 'not_utf8'
  | 'line_too_long'
  | 'too_many_lines'
  | 'malformed_csv'
  | 'invalid_header'
  | 'product_refused';

/** A position in the file: the line number, from 1, and the column or dotted path in it. */
export interface Place {
  readonly line: number;
  readonly path: string;
}

/** One thing that is wrong with the file, and where. */
export interface LineFault extends Place {
  readonly code: FaultCode;
  readonly message: string;
}

/** The lines that a row takes up; both are the same unless a cell holds line breaks. */
export interface RowLines {
  readonly line: number;
  readonly lastLine: number;
}

/** A product as it was read, before it is validated. */
export interface Candidate {
  /** The line on which it begins. */
  readonly line: number;
  readonly value: unknown;
  /** Its length in the file, in characters. */
  readonly length: number;
  /** Every row that belongs to it, in the order of the file. */
  readonly rows: readonly RowLines[];
  /**
   * Finds where a dotted path of `value` stands in the file, with a message that fits the file
   * better than the schema's, if there is one.
   */
  readonly placeOf: (path: string) => Place & { readonly message?: string | undefined };
}

/** Rows of the file that do not become a product, and why. */
export interface Unreadable {
  readonly faults: readonly LineFault[];
  readonly rows: readonly RowLines[];
}

/** One product of the file, or rows that cannot be read as one. */
export type Parsed = Candidate | Unreadable;

/** The file cannot be read any further, so none of it is imported. */
export class FileFault extends Error {
  readonly faults: readonly LineFault[];

  constructor(...faults: readonly LineFault[]) {
    super('the file cannot be read');
    this.name = 'FileFault';
    this.faults = faults;
  }
}

/** Translates a refusal of a candidate into faults with their places in the file. */
export function faultsOf(error: unknown, { placeOf }: Pick<Candidate, 'placeOf'>): LineFault[] {
  if (!(error instanceof RefusedError)) throw error;
  const { code, message, fields } = error;
  const refused = fields.length === 0 ? [{ path: '', message }] : fields;
  return refused.map((field) => {
    const { line, path, message: better } = placeOf(field.path);
    return { line, path, code, message: better ?? field.message };
  });
}

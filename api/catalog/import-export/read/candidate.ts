import { type ErrorCode, RefusedError } from '../../../../shared/domain/errors.ts';

/** What is wrong with a line of an imported file, beside what can be wrong with any product. */
type FaultCode =
  | ErrorCode
  | 'not_utf8'
  | 'line_too_long'
  | 'too_many_lines'
  | 'malformed_csv'
  | 'invalid_header';

/** Where in the file: the number of the line, from 1, and the column or dotted path in it. */
export interface Place {
  readonly line: number;
  readonly path: string;
}

/** One thing that is wrong with the file, and where. */
export interface LineFault extends Place {
  readonly code: FaultCode;
  readonly message: string;
}

/** What may become a product, as it was read. */
export interface Candidate {
  /** On which it begins. */
  readonly line: number;
  readonly value: unknown;
  /** How long it is in the file, in characters. */
  readonly length: number;
  /** Where a dotted path of `value` stands in the file. */
  readonly placeOf: (path: string) => Place;
}

/** One product of the file, or why it cannot be read as one. */
export type Parsed = Candidate | { readonly faults: readonly LineFault[] };

/** The file cannot be read any further, so that none of it is imported. */
export class FileFault extends Error {
  readonly faults: readonly LineFault[];

  constructor(...faults: readonly LineFault[]) {
    super('the file cannot be read');
    this.name = 'FileFault';
    this.faults = faults;
  }
}

/** Where each thing that is refused stands in the file. */
export function faultsOf(error: unknown, { placeOf }: Pick<Candidate, 'placeOf'>): LineFault[] {
  if (!(error instanceof RefusedError)) throw error;
  const { code, message, fields } = error;
  if (fields.length === 0) return [{ ...placeOf(''), code, message }];
  return fields.map((field) => ({ ...placeOf(field.path), code, message: field.message }));
}

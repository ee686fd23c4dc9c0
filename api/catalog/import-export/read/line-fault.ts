import type { LineFault } from './candidate.ts';
import { LINE_BYTES_MAX, type TextLine } from './text-lines.ts';

const MESSAGE = {
  not_utf8: 'The line is not UTF-8.',
  line_too_long: `A line may have ${LINE_BYTES_MAX} bytes at most.`,
};

/** What is wrong with a line that cannot be read as text. */
export function lineFault({ number, fault = 'not_utf8' }: TextLine): LineFault {
  return { line: number, path: '', code: fault, message: MESSAGE[fault] };
}

import type { ErrorCode } from '../../../shared/domain/errors.ts';
import { REQUEST_ERRORS } from './request-errors.ts';
import { STATE_ERRORS } from './state-errors.ts';

/** When an error occurs, and what to do, as Markdown without line breaks. */
export type ErrorExplanation = readonly [when: string, remedy: string];

/** The one table of all errors. The pages below `/docs/errors` and the guide are made of it. */
export const EXPLANATIONS: Readonly<Record<ErrorCode, ErrorExplanation>> = {
  ...REQUEST_ERRORS,
  ...STATE_ERRORS,
};

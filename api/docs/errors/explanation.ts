import type { ErrorCode } from '../../../shared/domain/errors.ts';
import { REQUEST_ERRORS } from './request-errors.ts';
import { STATE_ERRORS } from './state-errors.ts';

/** When an error occurs, and what the caller can do, as Markdown without line breaks. */
export type ErrorExplanation = readonly [when: string, remedy: string];

/**
 * Explains every error. The pages under `/docs/errors` and the table in `docs/api.md` have these
 * texts.
 */
export const EXPLANATIONS: Readonly<Record<ErrorCode, ErrorExplanation>> = {
  ...REQUEST_ERRORS,
  ...STATE_ERRORS,
};

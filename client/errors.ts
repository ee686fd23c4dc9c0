import type { FieldError, Problem, ProblemCode } from './generated/schema.ts';

interface Details extends ErrorOptions {
  /** The key of the request, if it had one. */
  readonly idempotencyKey?: string | undefined;
}

/**
 * The API refused the request. `code` is stable; `problem` has the members that belong to it, such
 * as `checkoutId` for `cart_checked_out`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind = 'api';
  readonly status: number;
  /** `unknown_error` if the answer is not a problem document, for example the answer of a proxy. */
  readonly code: ProblemCode | 'unknown_error';
  /** The fields that were refused, and why. */
  readonly errors: readonly FieldError[];
  /** The id under which the operator finds the request. */
  readonly requestId: string | undefined;
  readonly problem: Partial<Problem>;
  readonly idempotencyKey: string | undefined;

  constructor(status: number, body: unknown, details: Details = {}) {
    const problem = toProblem(body);
    const code = problem.code ?? 'unknown_error';
    super(`${status} ${code}: ${problem.detail ?? 'no details'}`, details);
    this.status = status;
    this.code = code;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.problem = problem;
    this.idempotencyKey = details.idempotencyKey;
  }

  /** Whether it is unknown if the request took effect. */
  get isOutcomeUnknown(): boolean {
    if (this.status === 408) return this.code !== 'request_timeout';
    return this.status >= 500 && this.code !== 'overloaded';
  }
}

/**
 * No complete answer came: the connection failed, was cut, or took too long. It is unknown whether
 * the request took effect. Repeat it with the same `idempotencyKey`.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly kind = 'connection';
  readonly idempotencyKey: string | undefined;

  constructor(message: string, details: Details = {}) {
    super(message, details);
    this.idempotencyKey = details.idempotencyKey;
  }
}

/**
 * The checkout had no outcome in time. Call `waitForOutcome(checkoutId)` to wait longer. If
 * `checkoutId` is undefined, it is unknown whether the checkout was stored: call `submitAndWait`
 * with the same request and `idempotencyKey`.
 */
export class OutcomePendingError extends Error {
  override readonly name = 'OutcomePendingError';
  readonly kind = 'pending';
  readonly checkoutId: string | undefined;
  readonly idempotencyKey: string | undefined;

  constructor(checkoutId: string | undefined, details: Details = {}) {
    super(`The checkout ${checkoutId ?? 'request'} has no outcome yet.`, details);
    this.checkoutId = checkoutId;
    this.idempotencyKey = details.idempotencyKey;
  }
}

/**
 * Every error that calls throw, apart from the reason of an aborted signal. `kind` distinguishes
 * them.
 */
export type LastunitError = ApiError | ConnectionError | OutcomePendingError;

/** Narrows the error of a `catch` clause. */
export function isLastunitError(error: unknown): error is LastunitError {
  return (
    error instanceof ApiError ||
    error instanceof ConnectionError ||
    error instanceof OutcomePendingError
  );
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}

function toProblem(body: unknown): Partial<Problem> {
  const isProblem = typeof body === 'object' && body !== null && 'code' in body;
  return isProblem ? (body as Partial<Problem>) : {};
}

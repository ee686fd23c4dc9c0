/** Options of every call. */
export interface CallOptions {
  /** Ends the call, which then throws the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** How long each attempt may take, in ms; overrides the `timeoutMs` of the client. */
  readonly timeoutMs?: number | undefined;
  /** How often to try again; overrides the `retries` of the client. */
  readonly retries?: number | undefined;
  /** Receives the answer of the last attempt, for its headers: `ETag`, `RateLimit`, `Location`. */
  readonly onResponse?: ((response: Response) => void) | undefined;
}

/** For changes that apply only if the resource has not changed. */
export interface Conditional {
  /** The `ETag` of the state that you want to change. */
  readonly ifMatch?: string | undefined;
}

/** For calls that happen once per key. */
export interface Idempotent {
  /** All retries of a call have the same key. Set it to repeat a call of an earlier process. */
  readonly idempotencyKey?: string | undefined;
}

/** For calls that can wait for the outcome of a checkout. */
export interface Waiting {
  /** The API answers as soon as there is an outcome, and after this time at the latest; up to 30. */
  readonly waitSeconds?: number | undefined;
}

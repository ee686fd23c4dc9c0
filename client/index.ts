export {
  type AcceptedOrSettled,
  Checkouts,
  isSettled,
  type Outcome,
  type SettledCheckout,
  type SubmitOptions,
  type WaitOptions,
} from './checkouts.ts';
export {
  ApiError,
  ConnectionError,
  isLastunitError,
  type LastunitError,
  OutcomePendingError,
} from './errors.ts';
export type * from './generated/resources.ts';
export type * from './generated/schema.ts';
export type { CallOptions, Conditional, Idempotent, Waiting } from './http/call-options.ts';
export type { SigningCredentials } from './http/sign.ts';
export { Lastunit, type LastunitOptions } from './lastunit.ts';
export type { List, Page } from './list.ts';

import { type ErrorCode, RefusedError } from '../../shared/domain/errors.ts';
import type { Access } from './access.ts';
import type { CallerKind } from './principal.ts';

/** The authentication scheme of each kind of caller. */
const SCHEME = { key: 'ApiKey', shop: 'Bearer', buyer: 'Bearer' } as const satisfies Record<
  CallerKind,
  string
>;
const REALM = 'realm="lastunit"';
const BASIC = 'Basic realm="lastunit ops", charset="UTF-8"';

/** The codes with status 401 whose answers contain the authentication schemes of the route. */
const UNAUTHENTICATED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'invalid_signature',
  'wrong_credentials',
]);

/** The credentials in the headers of a request. */
export interface SentCredentials {
  readonly apiKey: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Returns the `WWW-Authenticate` header of a refusal: the schemes that the route accepts (RFC 9110,
 * 11.6.1), and the error of a bearer token (RFC 6750, 3.1).
 * @returns undefined if the answer needs no challenge
 */
export function toChallenge(
  error: unknown,
  access: Access,
  sent: SentCredentials,
): string | undefined {
  if (!(error instanceof RefusedError)) return undefined;
  const { code } = error;
  if (code === 'operator_required') return BASIC;
  const hasToken = /^Bearer(?: |$)/i.test(sent.authorization ?? '');
  if (code === 'missing_scope' && hasToken && 'callers' in access) {
    return `Bearer ${REALM}, error="insufficient_scope", scope="${access.scope}"`;
  }
  if (!UNAUTHENTICATED.has(code)) return undefined;
  // A route without callers, such as the login, accepts no scheme. Its 401 names the scheme of the
  // token that a login returns.
  const kinds: readonly CallerKind[] = 'callers' in access ? access.callers : ['shop'];
  const schemes = new Set(kinds.map((kind) => SCHEME[kind]));
  const tokenError =
    hasToken && code === 'unauthenticated' ? `, error="${toTokenError(sent)}"` : '';
  return [...schemes]
    .map((scheme) => (scheme === 'Bearer' ? `Bearer ${REALM}${tokenError}` : `${scheme} ${REALM}`))
    .join(', ');
}

/** Returns the error of a token. A token together with a key is ambiguous: an invalid request. */
function toTokenError({ apiKey }: SentCredentials): string {
  return apiKey === undefined ? 'invalid_token' : 'invalid_request';
}

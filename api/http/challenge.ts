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

/** Refusals that are answered by 401. */
const UNAUTHENTICATED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'invalid_signature',
  'wrong_credentials',
]);

/** The credentials of a request, as they were sent. */
export interface SentCredentials {
  readonly apiKey: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * The `WWW-Authenticate` header of a refusal: the schemes that the route accepts (RFC 9110, 11.6.1),
 * and what is wrong with a bearer token (RFC 6750, 3.1).
 * @returns undefined where no challenge belongs to the answer
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
  // A login has no scheme of its own; what it returns is used as a bearer token.
  const kinds: readonly CallerKind[] = 'callers' in access ? access.callers : ['shop'];
  const schemes = new Set(kinds.map((kind) => SCHEME[kind]));
  const tokenError =
    hasToken && code === 'unauthenticated' ? `, error="${toTokenError(sent)}"` : '';
  return [...schemes]
    .map((scheme) => (scheme === 'Bearer' ? `Bearer ${REALM}${tokenError}` : `${scheme} ${REALM}`))
    .join(', ');
}

/** A token beside a key is one request with two methods; which of them counts is not decided. */
function toTokenError({ apiKey }: SentCredentials): string {
  return apiKey === undefined ? 'invalid_token' : 'invalid_request';
}

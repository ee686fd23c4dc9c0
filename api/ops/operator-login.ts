import { hash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiConfig } from '../config.ts';
import type { Principal } from '../http/principal.ts';

const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

/** Whoever knows the operators' name and password. */
export const OPERATOR: Principal = { kind: 'operator', id: 'operator', shopId: '', scopes: [] };

/**
 * The one place where an operator's name and password are judged (HTTP Basic, RFC 7617); a limit
 * on guesses belongs here.
 * @throws RefusedError operator_required
 */
export function admitOperator(config: Pick<ApiConfig, 'ops'>, c: Context): Principal {
  const { username, password } = config.ops;
  const given = credentialsOf(c.req.header('authorization'));
  if (given !== undefined && isSame(given, `${username}:${password}`)) return OPERATOR;
  throw new RefusedError('operator_required', 'Log in with the name and password of an operator.');
}

/** `name:password` as it was sent; a name holds no colon, so the two cannot be told apart wrongly. */
function credentialsOf(authorization: string | undefined): string | undefined {
  const encoded = BASIC.exec(authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Hashes have one length, and where two of them differ says nothing about the password. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
}

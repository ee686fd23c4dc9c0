import { hash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiContext } from '../context.ts';
import { clientAddress } from '../http/client-address.ts';
import type { Principal } from '../http/principal.ts';

const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

/** Whoever knows the operators' name and password. */
export const OPERATOR: Principal = { kind: 'operator', id: 'operator', shopId: '', scopes: [] };

/**
 * The one place where an operator's name and password are judged (HTTP Basic, RFC 7617). Wrong
 * ones count as guesses of the address they come from, not against the name: nobody shall lock the
 * operators out from elsewhere.
 * @throws RefusedError operator_required or too_many_guesses
 */
export async function admitOperator(
  { config, guesses }: Pick<ApiContext, 'config' | 'guesses'>,
  c: Context,
): Promise<Principal> {
  const { username, password } = config.ops;
  const given = credentialsOf(c.req.header('authorization'));
  if (given !== undefined) {
    const isRight = isSame(given, `${username}:${password}`);
    const address = clientAddress(c, config.trustedProxies);
    const admitted = await guesses.check({ address }, async () => (isRight ? OPERATOR : undefined));
    if (admitted !== undefined) return admitted;
  }
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

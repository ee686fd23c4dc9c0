import { readLogin } from '../../shared/access/operator-password.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';
import type { OpsContext } from './context.ts';

/** The credentials of a request, and where it comes from. */
interface OperatorCredentials {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly address: string;
}

/**
 * Authenticates an operator by HTTP Basic (RFC 7617). Wrong passwords count against their address
 * and not against the name, so that strangers cannot lock out the operators.
 * @throws RefusedError operator_required or too_many_guesses
 */
export async function admitOperator(
  { operators, guesses }: Pick<OpsContext, 'operators' | 'guesses'>,
  { authorization, address }: OperatorCredentials,
): Promise<Principal> {
  const sent = readLogin(authorization);
  if (sent !== undefined) {
    const check = () => operators.identify(sent);
    const admitted = await guesses.check({ kind: 'operator', address }, check);
    if (admitted !== undefined) return admitted;
  }
  throw new RefusedError('operator_required', 'Log in with the name and password of an operator.');
}

/**
 * Returns whether the operator may make changes: only as an admin, and only while changes are
 * switched on.
 */
export function mayChange({ config }: Pick<OpsContext, 'config'>, { role }: Principal): boolean {
  return config.ops.isWritable === true && role === 'admin';
}

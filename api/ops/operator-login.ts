import { isOperator } from '../../shared/access/operator-password.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';
import type { OpsContext } from './context.ts';

/** The credentials of a request, and where it comes from. */
interface OperatorCredentials {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly address: string;
}

/** The principal of every operator; they share one name and password. */
export const OPERATOR: Principal = { kind: 'operator', id: 'operator', shopId: '', scopes: [] };

/**
 * Authenticates an operator by HTTP Basic (RFC 7617). Wrong passwords count against their address
 * and not against the name, so that strangers cannot lock out the operators.
 * @throws RefusedError operator_required or too_many_guesses
 */
export async function admitOperator(
  { config, guesses }: Pick<OpsContext, 'config' | 'guesses'>,
  { authorization, address }: OperatorCredentials,
): Promise<Principal> {
  const isRight = isOperator(authorization, config.ops);
  if (isRight !== undefined) {
    const check = async () => (isRight ? OPERATOR : undefined);
    const admitted = await guesses.check({ kind: 'operator', address }, check);
    if (admitted !== undefined) return admitted;
  }
  throw new RefusedError('operator_required', 'Log in with the name and password of an operator.');
}

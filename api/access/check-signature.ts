import { SIGNATURE_REFUSALS } from '../../shared/access/request-signature/reasons.ts';
import { verifySignedRequest } from '../../shared/access/request-signature/verify-signed-request.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { PresentedRequest } from '../http/node-request.ts';
import type { AccessContext } from './context.ts';
import { listSigningSecrets } from './signing-secret.ts';

/**
 * Verifies the signature of a request and uses up its nonce.
 * @throws RefusedError invalid_signature, or service_unavailable while Redis cannot be asked whether
 * the nonce is new: the request might be a replay
 */
export async function checkSignature(
  context: AccessContext,
  presented: PresentedRequest,
  key: ApiKeyRecord,
): Promise<void> {
  const now = context.clock.now();
  const request = { ...presented, body: await presented.body() };
  let failure: keyof typeof SIGNATURE_REFUSALS = 'unknown_key';
  for (const secret of listSigningSecrets(context.config.secrets.secretsKey, key, now)) {
    const verification = verifySignedRequest(request, {
      findSecret: (keyId) => (keyId === key._id ? secret : undefined),
      now,
      publicUrl: context.config.publicUrl,
    });
    if (verification.ok) return useNonce(context, verification);
    failure = verification.reason;
  }
  throw refuse(SIGNATURE_REFUSALS[failure], failure);
}

async function useNonce(
  context: AccessContext,
  signed: { readonly keyId: string; readonly nonce: string; readonly created: number },
): Promise<void> {
  switch (await context.nonces.register(signed)) {
    case 'new':
      return;
    case 'used':
      throw refuse('The nonce was used before. Sign every request with a new nonce.', 'nonce_used');
    case 'before_epoch':
      throw refuse(
        'The signature is older than the record of used nonces. Sign the request again.',
        'before_epoch',
      );
    case 'unavailable':
      throw new RefusedError(
        'service_unavailable',
        'Signatures cannot be verified at the moment. Try again later.',
      );
  }
}

function refuse(detail: string, reason: string): RefusedError {
  return new RefusedError('invalid_signature', detail, [], { reason });
}

import type { z } from 'zod';
import type { CreatedKey } from '../../../shared/access/create-api-key.ts';
import type { ApiContext } from '../../context.ts';
import { signingSecretOf } from '../signing-secret.ts';
import { type newApiKey, presentApiKey } from './schemas.ts';

/** A key with its secrets, which are not to be had again. */
export function presentNewKey(
  { config }: ApiContext,
  { id, apiKey, record }: CreatedKey,
): z.output<typeof newApiKey> {
  const { secretsKey } = config.secrets;
  return {
    ...presentApiKey(record),
    apiKey,
    keyId: id,
    signingSecret: signingSecretOf(secretsKey, id, record.generation ?? 0),
  };
}

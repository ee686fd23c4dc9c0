import { z } from '@hono/zod-openapi';
import type { CreatedKey } from '../../../shared/access/api-key-record.ts';
import { moment } from '../../../shared/contract/moment.ts';
import { humanText } from '../../../shared/contract/text.ts';
import { SCOPES } from '../../../shared/domain/scopes.ts';
import type { ApiKeyRecord } from '../../../shared/store/collections/api-keys.ts';
import { apiKeyExample, apiKeyRequestExample, newApiKeyExample } from '../examples.ts';
import { toSigningSecret } from '../signing-secret.ts';

const NAME_LENGTH_MAX = 100;
const GRACE_S_DEFAULT = 60 * 60;
const GRACE_S_MAX = 7 * 24 * 60 * 60;

const scope = z.enum(SCOPES).openapi('Scope');

/** The settings of a new key. */
export const apiKeyRequest = z
  .strictObject({
    name: humanText(NAME_LENGTH_MAX),
    scopes: z
      .array(scope)
      .min(1)
      .max(SCOPES.length)
      .refine(
        (scopes) => new Set(scopes).size === scopes.length,
        'Each scope may appear only once.',
      )
      .openapi({ uniqueItems: true }),
    requireSignature: z
      .boolean()
      .optional()
      .describe('Whether to refuse requests that are not signed.'),
    expiresAt: moment.optional(),
    quotaPerMinute: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .describe('Maximum requests a minute; at most the system’s limit for a key.'),
  })
  .openapi('ApiKeyRequest', { example: apiKeyRequestExample });

export type ApiKeyRequest = z.output<typeof apiKeyRequest>;

/** The settings of a rotation. */
export const rotateRequest = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(0)
      .max(GRACE_S_MAX)
      .default(GRACE_S_DEFAULT)
      .describe('How long the old secrets and their buyer tokens still work, in seconds.'),
  })
  .openapi('RotateRequest', { example: { graceSeconds: 3_600 } });

/** A key without its secrets. */
export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(scope),
    requireSignature: z.boolean(),
    quotaPerMinute: z.int().optional(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
    lastUsedAt: z.iso
      .datetime()
      .optional()
      .describe('When a request last had this key, to the minute. Its buyer tokens do not count.'),
    previousUntil: z.iso
      .datetime()
      .optional()
      .describe('When the secrets from before the last rotation stop working.'),
  })
  .openapi('ApiKey', { example: apiKeyExample });

/** A new or rotated key with its secrets, which are shown only once. */
export const newApiKey = apiKey
  .extend({
    apiKey: z.string().describe('The value for `X-Api-Key`.'),
    keyId: z.string().describe('The `keyid` of signatures.'),
    signingSecret: z.string().describe('The secret for signatures by `hmac-sha256` (RFC 9421).'),
  })
  .openapi('NewApiKey', { example: newApiKeyExample });

/** Presents a key to its shop. */
export function presentApiKey(record: ApiKeyRecord): z.output<typeof apiKey> {
  const { expiresAt, lastUsedAt, previousUntil, quotaPerMinute } = record;
  return {
    id: record._id,
    name: record.name,
    scopes: [...record.scopes],
    requireSignature: record.requireSignature === true,
    ...(quotaPerMinute !== undefined && { quotaPerMinute }),
    createdAt: record.createdAt.toISOString(),
    ...(expiresAt !== undefined && { expiresAt: expiresAt.toISOString() }),
    ...(lastUsedAt !== undefined && { lastUsedAt: lastUsedAt.toISOString() }),
    ...(previousUntil !== undefined && { previousUntil: previousUntil.toISOString() }),
  };
}

/** Presents a new or rotated key with its secrets. */
export function presentNewKey(
  { id, apiKey, record }: CreatedKey,
  secretsKey: string,
): z.output<typeof newApiKey> {
  return {
    ...presentApiKey(record),
    apiKey,
    keyId: id,
    signingSecret: toSigningSecret(secretsKey, id, record.generation ?? 0),
  };
}

import { z } from '@hono/zod-openapi';
import { humanText } from '../../../shared/contract/text.ts';
import { SCOPES } from '../../../shared/domain/scopes.ts';
import type { ApiKeyRecord } from '../../../shared/store/collections/api-keys.ts';
import { apiKeyExample, apiKeyRequestExample, newApiKeyExample } from '../examples.ts';

const NAME_LENGTH_MAX = 100;
const GRACE_S_DEFAULT = 60 * 60;
const GRACE_S_MAX = 7 * 24 * 60 * 60;

const scope = z.enum(SCOPES).openapi('Scope');

/** What a new key is to be good for. */
export const apiKeyRequest = z
  .strictObject({
    name: humanText(NAME_LENGTH_MAX),
    scopes: z
      .array(scope)
      .min(1)
      .max(SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, 'Each once.')
      .openapi({ uniqueItems: true }),
    requireSignature: z.boolean().optional().describe('Refuse its requests unless signed.'),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
    quotaPerMinute: z
      .int()
      .min(1)
      .max(100_000_000)
      .optional()
      .describe('Requests a minute; not above what the system allows.'),
  })
  .openapi('ApiKeyRequest', { example: apiKeyRequestExample });

export type ApiKeyRequest = z.output<typeof apiKeyRequest>;

/** How a key is rotated. */
export const rotateRequest = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(0)
      .max(GRACE_S_MAX)
      .default(GRACE_S_DEFAULT)
      .describe('How long the key as it was goes on working.'),
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
    lastUsedAt: z.iso.datetime().optional().describe('To the minute.'),
    previousUntil: z.iso
      .datetime()
      .optional()
      .describe('Until when the key as it was before its rotation works.'),
  })
  .openapi('ApiKey', { example: apiKeyExample });

/** A key with its secrets, which are told this once. */
export const newApiKey = apiKey
  .extend({
    apiKey: z.string().describe('For `X-Api-Key`.'),
    keyId: z.string().describe('Names the key in signatures.'),
    signingSecret: z.string().describe('Signs requests by `hmac-sha256` (RFC 9421).'),
  })
  .openapi('NewApiKey', { example: newApiKeyExample });

/** A key as its shop sees it. */
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

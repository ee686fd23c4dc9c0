import { z } from '@hono/zod-openapi';
import type { SessionRecord } from '../../../shared/store/collections/sessions.ts';
import type { Principal } from '../../http/principal.ts';
import { sessionExample, tokensExample } from '../examples.ts';

/** What a session acts with. */
export const tokens = z
  .object({
    accessToken: z.string().describe('For `Authorization: Bearer …`.'),
    refreshToken: z.string().describe('Gets the next two tokens, once.'),
    expiresIn: z.int().describe('Seconds that the access token lives.'),
  })
  .openapi('Tokens', { example: tokensExample });

/** A session that can still be refreshed. */
export const session = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().describe('When it was last refreshed.'),
    expiresAt: z.iso.datetime().describe('Unless it is refreshed before.'),
    userAgent: z.string().optional(),
    address: z.string().optional().describe('From where it was started.'),
    current: z.boolean().describe('Whether it is the one that asks.'),
  })
  .openapi('Session', { example: sessionExample });

/** A session as its shop sees it. */
export function presentSession({ sessionId }: Principal) {
  return (record: SessionRecord): z.output<typeof session> => ({
    id: record._id,
    createdAt: record.createdAt.toISOString(),
    lastUsedAt: record.lastUsedAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    ...(record.userAgent !== undefined && { userAgent: record.userAgent }),
    ...(record.address !== undefined && { address: record.address }),
    current: record._id === sessionId,
  });
}

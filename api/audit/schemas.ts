import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

const auditActor = z
  .object({
    kind: z.enum(['shop', 'key', 'buyer', 'operator', 'system', 'nobody']),
    id: z
      .string()
      .describe(
        'The id of the shop, key or buyer, the name of the operator, a part of the system, or ' +
          '`anonymous`.',
      ),
  })
  .openapi('AuditActor');

/** One entry of the audit log. */
export const auditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string().describe('The action, e.g. `api_key.revoked`.'),
    outcome: z.enum(['done', 'refused']),
    actor: auditActor,
    target: z
      .string()
      .optional()
      .describe(
        'What was changed, or was to be changed: its id, or the path of a request to the queue board.',
      ),
    shopId: z.string().optional().describe('The shop that the entry is about.'),
    address: z
      .string()
      .optional()
      .describe(
        'The IP address of the caller. A shop does not see that of an operator or of a caller of ' +
          'another shop.',
      ),
    requestId: z.string().optional().describe('The id of the request, shown like `address`.'),
    detail: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('AuditEntry', {
    example: {
      id: EXAMPLE_IDS.audit,
      at: '2026-03-01T09:30:00.000Z',
      action: 'api_key.revoked',
      outcome: 'done',
      actor: { kind: 'shop', id: EXAMPLE_IDS.shop },
      target: EXAMPLE_IDS.key,
      shopId: EXAMPLE_IDS.shop,
      address: '203.0.113.7',
    },
  });

import { z } from '@hono/zod-openapi';
import { metadataChanges } from '../../shared/contract/metadata.ts';
import { AMENDABLE_FIELDS, type AmendableField } from '../../shared/domain/order-amendment.ts';
import { contact, note, shippingAddress } from './carried-schemas.ts';
import { orderChangesExample } from './examples.ts';
import { reference, trackingReference } from './parcel-schemas.ts';
import { TRACKING_REFERENCE } from './schemas.ts';

/** A correction of a shipment, or a change of the order's address, contact, note or metadata. */
export const orderChanges = z
  .strictObject({
    trackingReference: trackingReference
      .nullable()
      .optional()
      .describe(`${TRACKING_REFERENCE} \`null\` removes it.`),
    carrier: reference.nullable().optional().describe('`null` removes it.'),
    shippingAddress: shippingAddress.nullable().optional().describe('Where the order is sent.'),
    contact: contact.nullable().optional().describe('How to reach the buyer.'),
    note: note.nullable().optional().describe('A note of the buyer.'),
    metadata: metadataChanges.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'Name at least one field to change.')
  .refine((changes) => !isCorrection(changes) || !isAmendment(changes), {
    error: 'Correct `trackingReference` and `carrier` in a separate request.',
  })
  .openapi('OrderChanges', { example: orderChangesExample, minProperties: 1 });

/** The parsed body of a change. */
export type OrderChanges = z.output<typeof orderChanges>;

/** Returns whether the changes correct how an order was sent. */
export function isCorrection({
  trackingReference,
  carrier,
}: {
  readonly trackingReference?: unknown;
  readonly carrier?: unknown;
}): boolean {
  return trackingReference !== undefined || carrier !== undefined;
}

function isAmendment(changes: { readonly [Name in AmendableField]?: unknown }): boolean {
  return AMENDABLE_FIELDS.some((name) => changes[name] !== undefined);
}

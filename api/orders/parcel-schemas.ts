import { z } from '@hono/zod-openapi';
import { humanText } from '../../shared/contract/text.ts';
import { parcelExample, parcelRequestExample, shipRequestExample } from './examples.ts';
import { unitsOfLine, unitsOfLines } from './reduction-schemas.ts';

const REFERENCE_LENGTH_MAX = 100;

/** The reference of a payment or of a carrier, from outside the system. */
export const reference = humanText(REFERENCE_LENGTH_MAX);

/** The carrier’s number of a parcel. */
export const trackingReference = z
  .string()
  .max(REFERENCE_LENGTH_MAX)
  .trim()
  .regex(
    /^[0-9A-Za-z]([0-9A-Za-z ./_-]*[0-9A-Za-z])?$/,
    'Only letters, digits, spaces and - . / _ are allowed, with a letter or digit at both ends.',
  );
const PARCEL_REFERENCE =
  'The carrier’s number of the parcel; no parcel of another order of the shop may have it.';

/** The body of a request that records a parcel. */
export const parcelRequest = z
  .strictObject({
    trackingReference: trackingReference.describe(PARCEL_REFERENCE),
    carrier: reference.optional(),
    lines: unitsOfLines
      .optional()
      .describe('The units in the parcel; by default all units that are in no parcel yet.'),
  })
  .openapi('ParcelRequest', { example: parcelRequestExample });

/** A correction of a parcel. */
export const parcelCorrection = z
  .strictObject({
    trackingReference: trackingReference.optional().describe(PARCEL_REFERENCE),
    carrier: reference.nullable().optional().describe('`null` removes it.'),
  })
  .refine((correction) => Object.keys(correction).length > 0, 'Name at least one field to correct.')
  .openapi('ParcelCorrection', { example: shipRequestExample, minProperties: 1 });

/** A parcel: units of an order that were sent together. */
export const parcel = z
  .object({
    id: z.string(),
    carrier: z.string().optional(),
    trackingReference: z.string(),
    lines: z.array(unitsOfLine),
    at: z.iso.datetime(),
  })
  .openapi('Parcel', { example: parcelExample });

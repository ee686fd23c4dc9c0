import { z } from '@hono/zod-openapi';
import { country } from '../../shared/contract/iso-codes.ts';
import { humanText, longText, resourceId } from '../../shared/contract/text.ts';
import { CHARGE_KINDS } from '../../shared/domain/charges.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';

const ADDRESS_FIELD_LENGTH_MAX = 200;
const EMAIL_LENGTH_MAX = 254;
const PHONE_LENGTH_MAX = 40;
const NOTE_LENGTH_MAX = 2_000;
const CHARGE_TITLE_LENGTH_MAX = 100;
/** The maximum number of charges of a checkout. */
export const CHARGES_MAX = 50;

const addressField = humanText(ADDRESS_FIELD_LENGTH_MAX);

/** Where an order is sent. */
export const shippingAddress = z
  .strictObject({
    name: addressField,
    line1: addressField,
    line2: addressField.optional(),
    city: addressField,
    region: addressField.optional(),
    postalCode: addressField.optional(),
    country,
  })
  .openapi('ShippingAddress');

/** How to reach the buyer about an order. */
export const contact = z
  .strictObject({
    email: z.email().max(EMAIL_LENGTH_MAX).optional(),
    phone: z
      .string()
      .max(PHONE_LENGTH_MAX)
      .regex(
        /^\+?[0-9](?:[0-9 ()./-]*[0-9])?$/,
        'Must be digits with an optional plus sign in front, separated only by spaces and ( ) . / -',
      )
      .optional(),
    name: addressField.optional(),
  })
  .refine(
    (fields) => Object.keys(fields).length > 0,
    'Must have an e-mail address, a phone number or a name.',
  )
  .describe('How to reach the buyer about the order.')
  .openapi('Contact', { minProperties: 1 });

/** Returns the fields of a record that are not undefined. */
export function omitUndefined(
  record: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const fields = Object.entries(record).filter((field): field is [string, string] => {
    return field[1] !== undefined;
  });
  return Object.fromEntries(fields);
}

/** A note of the buyer to the seller. */
export const note = longText(NOTE_LENGTH_MAX).min(1).describe('A note of the buyer.');

/** A charge in a response: an amount that the buyer pays in addition to the lines. */
export const charge = z
  .object({
    kind: z.enum(CHARGE_KINDS),
    title: humanText(CHARGE_TITLE_LENGTH_MAX).describe('The title that the buyer sees.'),
    amount: z.int().min(0).max(AMOUNT_MAX).describe('In minor units.'),
  })
  .openapi('Charge');

/** A charge of a checkout, with its shop. */
export const shopCharge = charge.extend({ shopId: z.string() }).openapi('ShopCharge');

/** The charges of a request for a checkout. */
export const chargesRequest = z
  .array(
    z
      .strictObject({
        ...charge.shape,
        shopId: resourceId
          .optional()
          .describe(
            'The shop whose order contains the charge. Required if the checkout has lines of several shops.',
          ),
      })
      .openapi('ChargeRequest'),
  )
  .max(CHARGES_MAX)
  .readonly()
  .describe(
    'Additional amounts that the storefront charges. They are part of the total and of ' +
      '`expectedTotal`. Buyers with a token cannot set them.',
  );

/** Errors of well-formed requests (409 and 422): when each occurs, and what to do. */
export const STATE_ERRORS = {
  email_taken: ['another shop has this e-mail address', 'log in, or use another address'],
  code_taken: [
    'another discount of the shop has this code and is not cancelled',
    'use another code, or cancel that discount',
  ],
  usage_limit_below_uses: [
    'the new limit is below the current `uses` of the discount',
    'choose a higher limit, or cancel the discount',
  ],
  duplicate_sku: [
    'the shop or the request already has this SKU',
    'use another SKU, or change the product that has it',
  ],
  import_in_progress: ['another import of the shop is in progress', 'wait for `Retry-After`'],
  variant_has_stock: [
    'the variant `variantId` cannot be removed, because it has units: `onHand`, `reserved`',
    'sell or write off the remaining units',
  ],
  invalid_transition: [
    "the order's status, in `from`, does not allow `move`; or the move was made with other references, which the problem contains; or the order was changed too often; or the discount to change is cancelled",
    'read the order',
  ],
  sale_ends_before_start: [
    'the sale of a product would end before it starts or is published',
    'correct the times',
  ],
  not_on_sale_yet: [
    'the sale of `variantId` starts at `saleFrom`, or an operator would end a sale before it starts; nothing was stored',
    'repeat with the same key after `Retry-After`',
  ],
  sale_over: [
    'the sale of `variantId` ended at `saleUntil`; nothing was stored',
    'remove the line',
  ],
  draw_ends_before_start: ['the draw would close before it opens', 'correct the times'],
  draw_exceeds_stock: [
    'only `available` units of `variantId` can be set aside',
    'request fewer units, or add stock',
  ],
  unknown_draw: ['there is no draw with this id', 'check the id'],
  draw_variant_mismatch: [
    'an entry of the draw `drawId` must have exactly one line, of `variantId`',
    'send that line',
  ],
  draw_quantity_exceeded: [
    'an entry of the draw `drawId` may request at most `perBuyer` units',
    'request fewer units',
  ],
  draw_not_open_yet: [
    'the draw `drawId` opens at `opensAt`; nothing was stored',
    'repeat with the same key after `Retry-After`',
  ],
  draw_closed: [
    'the draw `drawId` accepts no more entries, because it closed at `closesAt` or was cancelled; or it has closed and cannot be cancelled; or it has no more units to assign and a failed entry was replayed',
    'read the draw',
  ],
  draw_full: ['the draw has the maximum number of entries', 'wait for another draw'],
  draw_not_closed: [
    'the entries of the draw `drawId` become public when it closes, after `closesAt`; those of a cancelled draw never do',
    'wait until `closesAt`',
  ],
  already_entered: [
    'the buyer has entered the draw `drawId` with the checkout `checkoutId`',
    'withdraw that checkout to enter again',
  ],
  reservation_too_long: [
    'the order would hold its units longer than allowed',
    'extend it at most to `latest`',
  ],
  tracking_reference_taken: [
    'another parcel or order of the shop has this reference',
    'check both parcels',
  ],
  quantity_exceeded: [
    'fewer units of the variant `variantId` can be cancelled, returned, lost or sent; or less of a charge is left to give back',
    'read the order',
  ],
  already_waiting: [
    'the buyer already waits for a variant of this checkout, with the checkout `checkoutId`',
    'show that checkout, or withdraw it first',
  ],
  checkout_settled: [
    'the checkout to withdraw already has an outcome, in `checkoutStatus`',
    'if it is placed, cancel its orders',
  ],
  checkout_not_failed: [
    'an operator replayed a checkout that has not failed',
    'read the checkout; it needs no replay',
  ],
  cart_checked_out: [
    'the cart is checked out by the checkout `checkoutId`, which has the status `checkoutStatus`',
    'read that checkout; use a new cart, or cancel its orders',
  ],
  cart_changed: [
    'an operator replayed a checkout whose cart has been changed since',
    'do not replay the checkout',
  ],
  stock_changed: [
    '`onHand` is not `expectedOnHand`; `level` is the current level',
    'decide again with the current level',
  ],
  adjustments_refused: [
    'none of several adjustments is applied; `errors` names each refused one with its own code',
    'correct the refused adjustments, and send all again',
  ],
  stock_below_reserved: [
    '`onHand` would be less than `reserved`; both are in the problem',
    'cancel orders first',
  ],
  idempotency_key_reused: [
    'the key was used for another request, such as the one that created the checkout `checkoutId` or the movement `movementId`',
    'use a new key for a new request',
  ],
  import_refused: [
    'the file has errors; `errors` lists them with their lines. Nothing was stored, except products before the error with `mode=upsert`',
    'correct the file, or use `mode=report`',
  ],
  weak_password: [
    "the new password is easy to guess: common, a repetition, a keyboard row, the e-mail address or the shop's name",
    'choose another password',
  ],
  unknown_product: [
    'the discount names a product that does not belong to the shop',
    'correct the list of products',
  ],
  unknown_variant: [
    'there is no variant `variantId`, or it does not belong to the product, the order or the shop',
    'read the product again; remove the line',
  ],
  unknown_option: ['the variants have different options', 'give all variants the same options'],
  overlapping_variants: [
    'two variants of a product have the same options',
    'give each variant other options',
  ],
  product_unpublished: [
    'the product is not for sale; `variantId` is the variant, if the request named it',
    'publish the product, or remove the line',
  ],
  currency_mismatch: [
    "the lines, or a product's variants, are in several currencies",
    'send one checkout for each currency',
  ],
  amount_too_large: ['the total exceeds 10¹² minor units', 'split the checkout'],
  quantity_not_allowed: [
    "the quantity breaks the variant's `quantityRule`, or a purchase limit or the limit of a draw is too low to buy any; `nearestQuantity` is allowed",
    'offer the nearest quantity',
  ],
  cart_full: ['the cart would have more than 500 lines', 'check out a part first'],
  cart_empty: ['the cart to check out has no lines', 'add a line first'],
  too_many_webhooks: ['the shop has 20 webhooks', 'delete one'],
  too_many_storefronts: ['the shop lists 200 storefronts', 'remove one from the list'],
  too_many_keys: [
    'the shop has 100 API keys, including keys that were revoked or expired within the last minute',
    'revoke one, and retry a minute later',
  ],
  unknown_storefront: ['there is no such shop or key', 'check the id'],
  too_many_secrets: [
    'a webhook has 3 earlier secrets that still sign',
    'wait, or `DELETE` its earlier secrets',
  ],
  webhook_disabled: ['a redelivery or a test event to a disabled webhook', 'enable the webhook'],
  stock_out_of_range: ['the change would raise `onHand` above 1,000,000,000', 'set a lower number'],
} as const;

/** Errors of well-formed requests (409 and 422): when each occurs, and what to do. */
export const STATE_ERRORS = {
  email_taken: ['another shop has this e-mail address', 'log in, or use another address'],
  code_taken: [
    'another discount of the shop has this code and is not cancelled',
    'use another, or cancel that one',
  ],
  usage_limit_below_uses: [
    'a limit below the current `uses` of the discount',
    'choose a higher one, or cancel it',
  ],
  duplicate_sku: [
    'the shop or the request already has this SKU',
    'use another SKU, or change the product that has it',
  ],
  import_in_progress: ['another import of the shop is under way', 'wait for `Retry-After`'],
  variant_has_stock: [
    'the variant to remove, in `variantId`, has units: `onHand`, `reserved`',
    'sell or write off the remaining units',
  ],
  invalid_transition: [
    "the order's status, in `from`, does not allow `move`, or the move was made with other references, which are listed",
    'read the order',
  ],
  sale_ends_before_start: [
    'the sale of a product would end before it starts or is published',
    'correct the times',
  ],
  not_on_sale_yet: [
    'the sale of `variantId`, or the one that an operator would end, starts at `saleFrom`; nothing was stored',
    'repeat with the same key after `Retry-After`',
  ],
  sale_over: [
    'the sale of `variantId` ended at `saleUntil`; nothing was stored',
    'remove it from the cart',
  ],
  draw_ends_before_start: ['the draw would close before it opens', 'correct the times'],
  draw_exceeds_stock: [
    'only `available` units of `variantId` can be set aside',
    'draw fewer, or add stock',
  ],
  unknown_draw: ['there is no draw with this id', 'check the id'],
  draw_variant_mismatch: [
    'an entry of the draw `drawId` has one line, of `variantId`',
    'send that line',
  ],
  draw_quantity_exceeded: [
    'an entry of the draw `drawId` may ask for `perBuyer` units',
    'ask for fewer',
  ],
  draw_not_open_yet: [
    'the draw `drawId` opens at `opensAt`; nothing was stored',
    'repeat with the same key after `Retry-After`',
  ],
  draw_closed: [
    'the draw `drawId` takes no more entries: it closed at `closesAt` or was cancelled; or it has closed and cannot be cancelled; or it gives out no more units and a failed entry was replayed',
    'read the draw',
  ],
  draw_full: ['the draw has as many entries as it can have', 'wait for another draw'],
  draw_not_closed: [
    'the entries of the draw `drawId` are public once it has closed, after `closesAt`',
    'wait until `closesAt`',
  ],
  already_entered: [
    'the buyer has entered the draw `drawId` by the checkout `checkoutId`',
    'withdraw it to enter again',
  ],
  reservation_too_long: [
    'the order would hold its units longer than allowed',
    'extend it to `latest` at most',
  ],
  tracking_reference_taken: [
    'another parcel or order of the shop has this reference',
    'check both parcels',
  ],
  quantity_exceeded: [
    'a line has fewer units that can be cancelled, returned or sent; `variantId` names it',
    'read the order',
  ],
  already_waiting: [
    'the buyer waits for a variant of this checkout already, with the checkout `checkoutId`',
    'show that one, or withdraw it first',
  ],
  checkout_settled: [
    'the checkout to withdraw has an outcome, in `checkoutStatus`',
    'if it is placed, cancel its orders',
  ],
  checkout_not_failed: [
    'an operator replayed a checkout that has not failed',
    'read the checkout; it needs no replay',
  ],
  cart_checked_out: [
    'the cart is checked out, by the checkout in `checkoutId` with `checkoutStatus`',
    'read that checkout; use a new cart, or cancel its orders',
  ],
  cart_changed: ['an operator replayed a checkout whose cart has been changed since', 'leave it'],
  stock_changed: ['`onHand` is not `expectedOnHand`; `level` is the current level', 'decide again'],
  adjustments_refused: [
    'none of several adjustments is applied; `errors` names each refused one with its own code',
    'correct these, and send all again',
  ],
  stock_below_reserved: [
    '`onHand` would be less than `reserved`; both are in the problem',
    'cancel orders first',
  ],
  idempotency_key_reused: [
    'the key was used for another request: that of the checkout in `checkoutId`, or of the movement in `movementId`',
    'use a new key for a new request',
  ],
  import_refused: [
    'the file has errors; `errors` lists them with their lines. Nothing was stored',
    'correct it, or use `mode=report`',
  ],
  weak_password: [
    "the new password is easy to guess: common, a repetition, a keyboard row, the e-mail address or the shop's name",
    'choose another',
  ],
  unknown_product: ["a discount on a product that is not the shop's", 'correct it'],
  unknown_variant: [
    'no such variant, or not of this product; `variantId` names it',
    'read the product again; take the line out',
  ],
  unknown_option: ['the variants have different options', 'give all variants the same options'],
  overlapping_variants: [
    'two variants of a product have the same options',
    'give each variant other options',
  ],
  product_unpublished: [
    'the product is not for sale; `variantId` names the variant, if it was asked for',
    'publish the product, or take the line out',
  ],
  currency_mismatch: [
    "the lines, or a product's variants, are in several currencies",
    'one checkout for each currency',
  ],
  amount_too_large: ['the total exceeds 10¹²', 'split the checkout'],
  quantity_not_allowed: [
    "the quantity breaks the variant's `quantityRule`, or a purchase limit or the limit of a " +
      'draw is too low to buy any; `nearestQuantity` is allowed',
    'offer the nearest',
  ],
  cart_full: ['the cart would have more than 500 lines', 'check out a part first'],
  cart_empty: ['the cart to check out has no lines', 'add a line first'],
  too_many_webhooks: ['the shop has 20', 'delete one'],
  too_many_storefronts: ['the shop lists 200', 'take one off the list'],
  too_many_keys: [
    'the shop has 100 API keys, including those that ended within the last minute',
    'revoke one, and retry a minute later',
  ],
  unknown_storefront: ['no such shop or key', 'correct it'],
  too_many_secrets: [
    'a webhook has 3 earlier secrets that still sign',
    'wait, or `DELETE` its earlier secrets',
  ],
  webhook_disabled: ['redelivery to a disabled webhook', 'enable it'],
  stock_out_of_range: ['the change would raise `onHand` above 1,000,000,000', 'set a lower number'],
} as const;

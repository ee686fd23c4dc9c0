/** Amounts are whole numbers of a currency's minor unit, e.g. pence. */

/** The largest amount that any price, line or total may reach, in minor units. */
export const AMOUNT_MAX = 1_000_000_000_000;

/**
 * Sums lines, in minor units.
 * @throws RangeError if the sum is not a safe integer, because rounding would make it wrong
 */
export function sumLines(
  lines: readonly { readonly quantity: number; readonly unitPrice: number }[],
): number {
  let subtotal = 0;
  for (const line of lines) subtotal += line.quantity * line.unitPrice;
  if (!Number.isSafeInteger(subtotal)) throw new RangeError('subtotal exceeds a safe integer');
  return subtotal;
}

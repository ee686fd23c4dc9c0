import { refuseField } from './errors.ts';

/**
 * Checks what must hold between the variants of one product.
 * @throws RefusedError duplicate_sku or currency_mismatch, naming the first variant in the way
 */
export function checkVariants(
  variants: readonly { readonly sku: string; readonly currency: string }[],
): void {
  const skus = new Set<string>();
  const currency = variants[0]?.currency;
  variants.forEach((variant, index) => {
    if (skus.has(variant.sku)) {
      const message = `Another variant here has the SKU ${variant.sku} too.`;
      throw refuseField('duplicate_sku', `variants.${index}.sku`, message);
    }
    skus.add(variant.sku);
    if (variant.currency !== currency) {
      const message = `A product has one currency, and the first variant is in ${currency}.`;
      throw refuseField('currency_mismatch', `variants.${index}.currency`, message);
    }
  });
}

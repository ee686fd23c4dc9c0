import { refuseField } from './errors.ts';
import type { PurchaseLimit } from './purchase-limits.ts';
import {
  checkLimitedQuantity,
  checkQuantityRule,
  isSameMinimum,
  type QuantityRule,
} from './quantity-rule.ts';

/** The members of a variant that must agree with the other variants of its product. */
export interface ComparedVariant {
  readonly sku: string;
  readonly currency: string;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly quantityRule?: QuantityRule | undefined;
  readonly purchaseLimit?: PurchaseLimit | undefined;
}

/**
 * Checks the variants of one product together: no SKU twice, one currency, and if they have
 * options, the same options for all and no two with the same values.
 * @throws RefusedError duplicate_sku, currency_mismatch, unknown_option, overlapping_variants, or
 * invalid_request for a quantity rule, naming the first variant at fault
 */
export function checkVariants(variants: readonly ComparedVariant[]): void {
  const skus = new Set<string>();
  const currency = variants[0]?.currency;
  variants.forEach((variant, index) => {
    if (skus.has(variant.sku)) {
      const message = `Another variant of the product has the SKU ${variant.sku}.`;
      throw refuseField('duplicate_sku', `variants.${index}.sku`, message);
    }
    skus.add(variant.sku);
    if (variant.currency !== currency) {
      const message = `All variants must have the currency of the first variant, ${currency}.`;
      throw refuseField('currency_mismatch', `variants.${index}.currency`, message);
    }
    const { quantityRule } = variant;
    if (quantityRule) checkQuantityRule(quantityRule, `variants.${index}.quantityRule`);
  });
  checkOptions(variants);
}

/** The members of a product that `checkLimits` checks. */
interface LimitedProduct {
  /** The limit for all variants together. */
  readonly purchaseLimit?: PurchaseLimit | undefined;
  readonly variants: readonly (Pick<ComparedVariant, 'quantityRule' | 'purchaseLimit'> & {
    readonly id?: string | undefined;
  })[];
}

/**
 * Checks that no purchase limit is below the smallest quantity that a variant is sold in.
 * @param before the product before a change. A limit is then checked against a quantity rule only
 *   if the change sets one of the two, so that other changes of a product with an earlier conflict
 *   are possible.
 * @throws RefusedError quantity_not_allowed, naming the first limit at fault
 */
export function checkLimits(product: LimitedProduct, before?: LimitedProduct): void {
  const earlier = new Map(before?.variants.map((variant) => [variant.id, variant]));
  const isNewLimit = before?.purchaseLimit?.quantity !== product.purchaseLimit?.quantity;
  product.variants.forEach(({ id, quantityRule, purchaseLimit }, index) => {
    const known = id === undefined ? undefined : earlier.get(id);
    const isNewRule = known === undefined || !isSameMinimum(known.quantityRule, quantityRule);
    const path = 'purchaseLimit.quantity';
    if (purchaseLimit && (isNewRule || known.purchaseLimit?.quantity !== purchaseLimit.quantity)) {
      checkLimitedQuantity(quantityRule, purchaseLimit.quantity, `variants.${index}.${path}`);
    }
    if (product.purchaseLimit && (isNewRule || isNewLimit)) {
      checkLimitedQuantity(quantityRule, product.purchaseLimit.quantity, path);
    }
  });
}

function checkOptions(variants: readonly ComparedVariant[]): void {
  const expected = optionNames(variants[0]);
  const seen = new Map<string, number>();
  variants.forEach((variant, index) => {
    const path = `variants.${index}.options`;
    const names = optionNames(variant);
    const unknown = names.find((name) => !expected.includes(name));
    if (unknown !== undefined) {
      const message = `The first variant has no option ${unknown}.`;
      throw refuseField('unknown_option', `${path}.${unknown}`, message);
    }
    const lacking = expected.find((name) => !names.includes(name));
    if (lacking !== undefined) {
      const message = `The first variant has the option ${lacking}, and this variant does not.`;
      throw refuseField('unknown_option', `${path}.${lacking}`, message);
    }
    if (expected.length === 0) return;
    const values = JSON.stringify(expected.map((name) => comparedValue(variant.options?.[name])));
    const earlier = seen.get(values);
    if (earlier !== undefined) {
      const message = `The variant \`variants.${earlier}\` has the same values of all options.`;
      throw refuseField('overlapping_variants', path, message);
    }
    seen.set(values, index);
  });
}

function optionNames(variant: ComparedVariant | undefined): string[] {
  return Object.keys(variant?.options ?? {});
}

function comparedValue(value = ''): string {
  return value.normalize('NFKC').trim().toLowerCase();
}

/** The variants that a new list keeps, adds and removes. */
export interface VariantMatch {
  /**
   * For each variant of the new list, the id of the variant that it keeps; undefined for a new
   * variant.
   */
  readonly kept: readonly (string | undefined)[];
  /** Ids of the variants that the new list removes. */
  readonly removed: readonly string[];
}

/**
 * Matches a new list of variants with the current variants: by id if given, otherwise by SKU. A
 * variant that is matched by id is not matched by its SKU, so another variant may get that SKU.
 * @throws RefusedError unknown_variant or invalid_request, naming the id at fault
 */
export function matchVariants(
  present: readonly { readonly id: string; readonly sku: string }[],
  given: readonly { readonly id?: string | undefined; readonly sku: string }[],
): VariantMatch {
  const unmatched = new Map(present.map((variant) => [variant.id, variant]));
  given.forEach(({ id }, index) => {
    if (id === undefined || unmatched.delete(id)) return;
    const path = `variants.${index}.id`;
    if (present.some((variant) => variant.id === id)) {
      throw refuseField('invalid_request', path, 'Another variant in the list has this id.');
    }
    throw refuseField('unknown_variant', path, 'The product has no variant with this id.', {
      variantId: id,
    });
  });
  const bySku = new Map([...unmatched.values()].map((variant) => [variant.sku, variant.id]));
  const kept = given.map(({ id, sku }) => id ?? bySku.get(sku));
  const removed = [...unmatched.keys()].filter((id) => !kept.includes(id));
  return { kept, removed };
}

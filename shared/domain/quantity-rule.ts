import { refuseField } from './errors.ts';

/**
 * The quantities in which a variant is sold: multiples of `step` units, from `min` to `max`. An
 * absent bound sets no limit; `step` is 1 by default.
 */
export interface QuantityRule {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | undefined;
}

/**
 * Checks that a rule is possible: `min` and `max` are multiples of the step, and `min` is not above
 * `max`.
 * @param path of the rule in the request, e.g. `variants.0.quantityRule`
 * @throws RefusedError invalid_request naming the bound at fault
 */
export function checkQuantityRule({ min, max, step = 1 }: QuantityRule, path: string): void {
  for (const [name, bound] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (bound === undefined || bound % step === 0) continue;
    const message = `Must be a multiple of \`step\`, which is ${step}.`;
    throw refuseField('invalid_request', `${path}.${name}`, message);
  }
  if (min === undefined || max === undefined || min <= max) return;
  throw refuseField('invalid_request', `${path}.max`, `Must be at least \`min\`, which is ${min}.`);
}

/** Returns whether this quantity can be bought; without a rule, any quantity of 1 or more can. */
export function isQuantityAllowed(rule: QuantityRule | undefined, quantity: number): boolean {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = rule ?? {};
  return quantity >= min && quantity <= max && quantity % step === 0;
}

/**
 * Returns the largest allowed quantity up to `quantity`, or the smallest allowed quantity if that
 * is larger.
 */
export function nearestQuantity(rule: QuantityRule, quantity: number): number {
  const { max = Number.MAX_SAFE_INTEGER, step = 1 } = rule;
  const whole = Math.floor(Math.min(quantity, max) / step) * step;
  return Math.max(fewestUnits(rule), whole);
}

function fewestUnits({ min, step = 1 }: QuantityRule): number {
  return min ?? step;
}

/** Returns whether two rules have the same minimum. Without a rule the minimum is 1. */
export function isSameMinimum(first: QuantityRule = {}, second: QuantityRule = {}): boolean {
  return fewestUnits(first) === fewestUnits(second);
}

/**
 * Checks that a purchase limit is not below the smallest quantity of the variant.
 * @param path of the limited number of units in the request
 * @throws RefusedError quantity_not_allowed with the rule
 */
export function checkLimitedQuantity(
  rule: QuantityRule | undefined,
  limit: number,
  path: string,
): void {
  if (rule === undefined || limit >= fewestUnits(rule)) return;
  const fewest = fewestUnits(rule);
  const message = `No one could buy the variant: its smallest quantity is ${fewest}.`;
  const extra = { quantityRule: rule, nearestQuantity: fewest };
  throw refuseField('quantity_not_allowed', path, message, extra);
}

/**
 * Checks a quantity against its rule.
 * @param path of the quantity in the request
 * @param variantId a member of the refusal, because not every request names the variant
 * @throws RefusedError quantity_not_allowed with the rule
 */
export function checkQuantity(
  rule: QuantityRule | undefined,
  quantity: number,
  path: string,
  variantId: string,
): void {
  if (rule === undefined || isQuantityAllowed(rule, quantity)) return;
  throw notAllowed(rule, quantity, path, variantId);
}

/**
 * Checks that some quantity up to `most` is allowed.
 * @param path of `most` in the request
 * @throws RefusedError quantity_not_allowed with the rule
 */
export function checkQuantitiesUpTo(
  rule: QuantityRule | undefined,
  most: number,
  path: string,
  variantId: string,
): void {
  if (rule === undefined || nearestQuantity(rule, most) <= most) return;
  throw notAllowed(rule, most, path, variantId);
}

function notAllowed(rule: QuantityRule, quantity: number, path: string, variantId: string) {
  const message = `The quantity must be ${describe(rule)}; it is ${quantity}.`;
  const extra = {
    variantId,
    quantityRule: rule,
    nearestQuantity: nearestQuantity(rule, quantity),
  };
  return refuseField('quantity_not_allowed', path, message, extra);
}

function describe({ min, max, step }: QuantityRule): string {
  const parts = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(step === undefined ? [] : [`a multiple of ${step}`]),
  ];
  return new Intl.ListFormat('en-GB').format(parts);
}

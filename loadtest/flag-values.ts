import { ON_HAND_MAX } from '../shared/contract/limits.ts';

/**
 * Parses the value of a flag.
 * @param alternatives other accepted values for the message, such as `exact, half or `
 * @throws Error naming the flag and the values that it accepts
 */
export function parseWholeNumber(
  flag: string,
  text: string,
  min: number,
  max: number,
  alternatives = '',
): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(
    `--${flag} must be ${alternatives}a whole number from ${min} to ${max}, not ${text}`,
  );
}

/**
 * Parses the value of a flag that selects names, which are separated by commas. Returns them in the
 * order of `known`.
 * @throws Error naming the flag and the names
 */
export function parseNames<const Name extends string>(
  flag: string,
  text: string,
  known: readonly Name[],
): Name[] {
  const selected = text.split(',').map((word) => word.trim());
  const unknown = selected.find((word) => !known.some((name) => name === word));
  if (unknown === undefined) return known.filter((name) => selected.includes(name));
  throw new Error(`--${flag} must be some of ${known.join(',')}, not ${unknown}`);
}

/** Units of each SKU at the start: a number, the total demand, or half of it. */
export type StockPlan = number | 'exact' | 'half';

/** @throws Error naming the values that `--stock` accepts */
export function parseStock(text: string): StockPlan {
  if (text === 'exact' || text === 'half') return text;
  return parseWholeNumber('stock', text, 0, ON_HAND_MAX, 'exact, half or ');
}

/** Returns the number of units of a SKU at the start. */
export function unitsPlanned(plan: StockPlan, demanded: number): number {
  if (plan === 'exact') return demanded;
  return plan === 'half' ? Math.floor(demanded / 2) : plan;
}

/**
 * Parses the value of a flag.
 * @param or other accepted values, for the message
 * @throws Error naming the flag and the values that it accepts
 */
export function parseWholeNumber(
  flag: string,
  text: string,
  min: number,
  max: number,
  or = '',
): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`--${flag} must be ${or}a whole number from ${min} to ${max}, not ${text}`);
}

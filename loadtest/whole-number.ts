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

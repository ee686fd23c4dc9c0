const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;

/**
 * Parses a time without a zone, like 2010-12-01T08:26:00 or 2010-12-01. The result in ms is only
 * good for differences and comparisons.
 * @returns undefined if the text is not a valid time
 */
export function parseLocalTime(text: string): number | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0] = FORM.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const [h, m, s] = [hour || 0, minute || 0, second || 0];
  const ms = Date.UTC(year, month - 1, day, h, m, s);
  const time = new Date(ms);
  const isSame =
    time.getUTCFullYear() === year &&
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === h &&
    time.getUTCMinutes() === m &&
    time.getUTCSeconds() === s;
  return isSame ? ms : undefined;
}

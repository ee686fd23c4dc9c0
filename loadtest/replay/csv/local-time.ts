const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;

/**
 * A time without a zone, like 2010-12-01T08:26:00 or 2010-12-01, as ms on a clock that knows no
 * zones: good for differences and comparisons only.
 * @returns undefined when there is no such time
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

import { z } from 'zod';

const YEAR_MIN = 1970;
const YEAR_MAX = 9999;

/**
 * A time in a request, read as a Date. The year in UTC is bounded, because responses show the time
 * in RFC 3339, which allows only years of four digits.
 */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(
    (at) => at.getUTCFullYear() >= YEAR_MIN && at.getUTCFullYear() <= YEAR_MAX,
    `The year in UTC must be from ${YEAR_MIN} to ${YEAR_MAX}.`,
  );

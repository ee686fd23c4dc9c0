import { z } from 'zod';

const YEAR_MIN = 1970;
const YEAR_MAX = 9999;

/** A moment in a request that answers show later: some of other years have no RFC 3339 form in UTC. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(
    (at) => at.getUTCFullYear() >= YEAR_MIN && at.getUTCFullYear() <= YEAR_MAX,
    `In UTC it is in a year from ${YEAR_MIN} to ${YEAR_MAX}.`,
  );

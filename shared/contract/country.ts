import { iso31661 } from 'iso-3166/1.js';
import { z } from 'zod';

/** The ISO 3166-1 alpha-2 codes that are assigned to a country or territory, sorted. */
export const COUNTRY_CODES: readonly string[] = iso31661.map(({ alpha2 }) => alpha2).sort();

/** An assigned ISO 3166-1 alpha-2 code, e.g. `GB`. */
export const country = z.enum(COUNTRY_CODES as [string, ...string[]], {
  error: 'An assigned ISO 3166-1 alpha-2 code, in capitals, e.g. GB.',
});

import { z } from 'zod';

/** An ISO 4217 code that this runtime knows, e.g. `GBP`. */
export const currency = z.enum(Intl.supportedValuesOf('currency') as [string, ...string[]], {
  error: 'An ISO 4217 currency code.',
});

import currencyData from 'cldr-core/supplemental/currencyData.json' with { type: 'json' };
import { iso31661 } from 'iso-3166/1.js';
import { z } from 'zod';

/**
 * The day whose currencies are accepted. On this day the list was compared with ISO 4217 (list
 * one).
 */
export const CURRENCIES_AS_OF = '2026-11-01';

/**
 * Currencies of ISO 4217 that CLDR does not list as legal tender, because other currencies replaced
 * them in daily use.
 */
const LISTED_BY_ISO_ONLY = ['SVC', 'VED'];

interface CurrencyPeriod {
  readonly _from?: string;
  readonly _to?: string;
  readonly _tender?: string;
}

type Regions = Readonly<Record<string, readonly Readonly<Record<string, CurrencyPeriod>>[]>>;

/** Returns the codes that CLDR lists as legal tender somewhere on this day (`YYYY-MM-DD`). */
function listLegalTender(day: string): Set<string> {
  const regions = currencyData.supplemental.currencyData.region as Regions;
  const periods = Object.values(regions).flatMap((list) =>
    list.flatMap(Object.entries<CurrencyPeriod>),
  );
  const current = periods.filter(
    ([, { _from = '', _to = '9999', _tender }]) => _from <= day && day < _to && _tender !== 'false',
  );
  return new Set(current.map(([code]) => code));
}

/** The ISO 4217 codes in which prices can be given, sorted. */
export const CURRENCY_CODES: readonly string[] = [
  ...listLegalTender(CURRENCIES_AS_OF),
  ...LISTED_BY_ISO_ONLY,
].sort();

/** The ISO 4217 code of a currency that was in use on `CURRENCIES_AS_OF`, e.g. `GBP`. */
export const currency = z.enum(CURRENCY_CODES as [string, ...string[]], {
  error: 'Must be the ISO 4217 code of a currency in use, in capitals, e.g. GBP.',
});

/** The digits after the point by ISO 4217, where they are not 2. CLDR’s digits follow daily use. */
const MINOR_UNIT_DIGITS = new Map<string, number>([
  ...toEntries(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...toEntries(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...toEntries(4, 'CLF UYW'),
]);

function toEntries(digits: number, codes: string): [code: string, digits: number][] {
  return codes.split(' ').map((code) => [code, digits]);
}

/** Returns how many digits follow the point of an amount, by ISO 4217; 2 for unknown codes. */
export function minorUnitDigits(code: string): number {
  return MINOR_UNIT_DIGITS.get(code) ?? 2;
}

/** The assigned ISO 3166-1 alpha-2 country codes, sorted. */
export const COUNTRY_CODES: readonly string[] = iso31661.map(({ alpha2 }) => alpha2).sort();

/** An assigned ISO 3166-1 alpha-2 code, e.g. `GB`. */
export const country = z.enum(COUNTRY_CODES as [string, ...string[]], {
  error: 'Must be an assigned ISO 3166-1 alpha-2 code, in capitals, e.g. GB.',
});

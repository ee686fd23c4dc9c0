import currencyData from 'cldr-core/supplemental/currencyData.json' with { type: 'json' };
import { z } from 'zod';

/** On this day the list was compared with ISO 4217 (list one); later changes come with CLDR. */
export const CURRENCIES_AS_OF = '2026-11-01';

/** Listed by ISO 4217, though CLDR counts neither as tender: both gave way to others in daily use. */
const LISTED_BY_ISO_ONLY = ['SVC', 'VED'];

interface CurrencyPeriod {
  readonly _from?: string;
  readonly _to?: string;
  readonly _tender?: string;
}

type Regions = Readonly<Record<string, readonly Readonly<Record<string, CurrencyPeriod>>[]>>;

/** Codes of the currencies that are tender somewhere on this day (`YYYY-MM-DD`), by CLDR. */
function tenderOn(day: string): Set<string> {
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
  ...tenderOn(CURRENCIES_AS_OF),
  ...LISTED_BY_ISO_ONLY,
].sort();

/** The ISO 4217 code of a currency that is in use today, e.g. `GBP`. */
export const currency = z.enum(CURRENCY_CODES as [string, ...string[]], {
  error: 'The ISO 4217 code of a currency in use, in capitals, e.g. GBP.',
});

/** ISO 4217's minor units, where they are not 2. CLDR's digits differ: they follow daily use. */
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

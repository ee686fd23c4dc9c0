import { expect, test } from 'vitest';
import {
  COUNTRY_CODES,
  CURRENCIES_AS_OF,
  CURRENCY_CODES,
  country,
  currency,
  minorUnitDigits,
} from './iso-codes.ts';

test.each([
  ...['GBP', 'EUR', 'USD', 'JPY', 'KWD', 'CHF', 'INR', 'CNY', 'XAF', 'XOF', 'XPF', 'XCD', 'SYP'],
  // Successors of ZWL, ANG, SLL, MRO, STD, BYR and VEF, and SVC, which only ISO still lists.
  ...['ZWG', 'XCG', 'SLE', 'MRU', 'STN', 'BYN', 'VES', 'VED', 'SVC'],
])('prices can be in %s', (code) => {
  expect(currency.safeParse(code).success).toBe(true);
});

test.each([
  // Replaced by the euro or by a successor.
  ...['BGN', 'HRK', 'LTL', 'EEK', 'DEM', 'FRF', 'ZWL', 'ZWD', 'ANG', 'SLL', 'CUC', 'MRO', 'STD'],
  ...['BYR', 'VEF', 'VEB', 'TRL', 'ROL', 'GHC', 'ZMK', 'AZM', 'TMM', 'SDD', 'USS', 'BYB'],
  // Funds codes, units of account, metals, the test code, the code for no currency; other forms.
  ...['CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'BOV', 'XDR', 'XSU', 'XUA', 'XAD'],
  ...['XAU', 'XAG', 'XPT', 'XPD', 'XTS', 'XXX', 'XBA', 'BTC', 'gbp', 'Gbp', 'GB', 'GBPX', ''],
])('prices cannot be in %s', (code) => {
  expect(currency.safeParse(code).success).toBe(false);
});

test.each([
  ['JPY', 0],
  ['UGX', 0],
  ['KWD', 3],
  ['IQD', 3],
  ['CLF', 4],
  // CLDR uses no decimals for these currencies, in cash or at all, because people no longer use
  // fractions.
  // XYZ is unknown.
  ...(['RSD', 'HUF', 'LBP', 'MGA', 'COP', 'XYZ'].map((code) => [code, 2]) as [string, number][]),
] as const)('%s has %i digits after the point', (code, digits) => {
  expect(minorUnitDigits(code)).toBe(digits);
});

test('the list of currencies is of 1 November 2026 and has 155 codes', () => {
  expect(CURRENCIES_AS_OF).toBe('2026-11-01');
  expect(CURRENCY_CODES).toHaveLength(155);
  expect(new Set(CURRENCY_CODES).size).toBe(155);
});

test.each(['GB', 'DE', 'FR', 'US', 'CW', 'SS', 'TL', 'ME', 'RS', 'HK', 'TW', 'AX', 'AQ'])(
  'addresses can be in %s',
  (code) => {
    expect(country.safeParse(code).success).toBe(true);
  },
);

test.each([
  // Reserved, user-assigned, and withdrawn codes; other forms.
  ...['UK', 'EU', 'XX', 'ZZ', 'AA', 'QM', 'XK', 'AC', 'TA', 'AN', 'CS', 'YU', 'DD', 'SU', 'TP'],
  ...['gb', 'Gb', 'GBR', '826', 'G', ''],
])('addresses cannot be in %s', (code) => {
  expect(country.safeParse(code).success).toBe(false);
});

test('there are 249 assigned country codes', () => {
  expect(new Set(COUNTRY_CODES).size).toBe(249);
});

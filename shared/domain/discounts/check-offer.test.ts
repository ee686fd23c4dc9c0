import { expect, test } from 'vitest';
import { RefusedError } from '../errors.ts';
import { AMOUNT_MAX } from '../money.ts';
import { checkOffer, type DiscountOffer } from './check-offer.ts';
import { createTerms } from './testing/terms-builder.ts';

const startsAt = new Date('2026-06-01T00:00:00Z');

function listRefusedPaths(changes: Partial<DiscountOffer>): string[] {
  try {
    checkOffer({ ...createTerms(), ...changes });
    return [];
  } catch (error) {
    if (error instanceof RefusedError) return error.fields.map(({ path }) => path);
    throw error;
  }
}

test.each<[string, Partial<DiscountOffer>, string[]]>([
  ['100 %', { value: 100 }, []],
  ['a hundredth of one per cent', { value: 0.01 }, []],
  ['29.29 %, which has no exact binary form', { value: 29.29 }, []],
  ['more than 100 %', { value: 100.01 }, ['value']],
  ['500 %', { value: 500 }, ['value']],
  ['0 %', { value: 0 }, ['value']],
  ['less than nothing', { value: -10 }, ['value']],
  ['a percentage with three decimals', { value: 1.001 }, ['value']],
  ['not a number', { value: Number.NaN }, ['value']],
  ['one penny', { kind: 'fixed', value: 1 }, []],
  ['a fixed amount over 100', { kind: 'fixed', value: 500 }, []],
  ['the largest amount', { kind: 'fixed', value: AMOUNT_MAX }, []],
  ['more than the largest amount', { kind: 'fixed', value: AMOUNT_MAX + 1 }, ['value']],
  ['half a penny', { kind: 'fixed', value: 0.5 }, ['value']],
  ['nothing off', { kind: 'fixed', value: 0 }, ['value']],
  ['an end at the start', { startsAt, endsAt: startsAt }, ['endsAt']],
  ['an end before the start', { startsAt, endsAt: new Date(0) }, ['endsAt']],
  ['the shortest window', { startsAt, endsAt: new Date(startsAt.getTime() + 1) }, []],
  ['a limit per buyer equal to the limit of all', { usageLimit: 5, usageLimitPerBuyer: 5 }, []],
  [
    'a limit per buyer above the limit of all',
    { usageLimit: 5, usageLimitPerBuyer: 6 },
    ['usageLimitPerBuyer'],
  ],
  ['a limit per buyer only', { usageLimitPerBuyer: 6 }, []],
  ['several fields', { value: 0, startsAt, endsAt: startsAt }, ['value', 'endsAt']],
])('%s (%j): the refused fields are %j', (_, changes, paths) => {
  expect(listRefusedPaths(changes)).toEqual(paths);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeVariant } from './judge-variant.ts';
import { anyHistory, simulate } from './testing/simulated-shop.ts';
import {
  addToAccount,
  isSound,
  NEW_ACCOUNT,
  provesRefusal,
  toAccount,
  type VariantAccount,
} from './variant-account.ts';
import type { VariantRecord } from './variant-record.ts';

/** Builds an account by adding the changes of a record. */
function follow({ changes, held, stored }: VariantRecord): VariantAccount | undefined {
  const sorted = changes.toSorted((first, second) => first.version - second.version);
  const account = addToAccount(NEW_ACCOUNT, sorted);
  return account && { ...account, held, stored };
}

test('an account that is updated with each change equals the account of the whole record', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      for (const record of simulate(history)) {
        const account = follow(record);
        expect(account).toEqual(toAccount(record, judgeVariant(record)));
        expect(account && isSound(account)).toBe(true);
        for (const refusal of record.refusals) {
          expect(account && provesRefusal(account, refusal)).toBe(true);
        }
      }
    }),
  );
});

test('an altered counter or held unit is not sound, and an altered refusal is not proved', () => {
  fc.assert(
    fc.property(anyHistory, fc.constantFrom('onHand', 'reserved', 'sold'), (history, counter) => {
      for (const record of simulate(history)) {
        const account = follow(record);
        if (account?.stored === undefined) throw new Error('a consistent record has an account');
        const { stored, held, recent, latest } = account;
        const name = counter as 'onHand' | 'reserved' | 'sold';
        expect(isSound({ ...account, stored: { ...stored, [name]: stored[name] + 1 } })).toBe(
          false,
        );
        expect(isSound({ ...account, held: { ...held, sold: held.sold + 1 } })).toBe(false);
        const available = recent.at(-1) ?? 0;
        expect(provesRefusal(account, { version: latest, requested: available })).toBe(false);
        expect(provesRefusal(account, { version: latest + 1, requested: available + 1 })).toBe(
          false,
        );
      }
    }),
  );
});

const delivery = {
  kind: 'adjust',
  version: 1,
  onHand: 2,
  reserved: 0,
  sold: 0,
  inWindow: true,
} as const;
const line = {
  kind: 'reserve',
  version: 2,
  onHand: 0,
  reserved: 2,
  sold: 0,
  inWindow: true,
} as const;

test.each([
  ['skips a version', { ...line, version: 3 }],
  ['repeats a version', { ...line, version: 1 }],
  ['promises units that do not exist', { ...line, reserved: 3 }],
  ['does not have the shape of its kind', { ...line, sold: 1 }],
])('a change that %s does not continue an account', (_, change) => {
  const account = addToAccount(NEW_ACCOUNT, [delivery]);
  expect(account && addToAccount(account, [line])).toMatchObject({ latest: 2, recent: [0, 2, 0] });
  expect(account && addToAccount(account, [change])).toBeUndefined();
});

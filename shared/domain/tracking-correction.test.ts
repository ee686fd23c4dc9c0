import { expect, test } from 'vitest';
import { decideCorrection, TRACKING_CORRECTIONS_MAX } from './tracking-correction.ts';

const sent = { status: 'shipped', trackingReference: 'A', carrier: 'X', history: [] } as const;

test.each([
  ['another reference', { trackingReference: 'B' }, { trackingReference: 'B', carrier: 'X' }],
  ['another carrier', { carrier: 'Y' }, { trackingReference: 'A', carrier: 'Y' }],
  ['no reference', { trackingReference: null }, { carrier: 'X' }],
  ['nothing at all', { trackingReference: null, carrier: null }, {}],
])('a shipped or delivered order can be corrected to %s', (_, correction, tracking) => {
  for (const status of ['shipped', 'delivered'] as const) {
    expect(decideCorrection({ ...sent, status }, correction)).toEqual({
      ...{ kind: 'corrected', tracking },
    });
  }
});

test('a correction to the recorded values changes nothing', () => {
  expect(decideCorrection(sent, { trackingReference: 'A', carrier: undefined })).toEqual({
    kind: 'unchanged',
  });
  const bare = { status: 'shipped', history: [] } as const;
  expect(decideCorrection(bare, { trackingReference: null })).toEqual({ kind: 'unchanged' });
});

test.each(['pending', 'confirmed', 'cancelled', 'expired'] as const)(
  'an order that is %s cannot be corrected',
  (status) => {
    expect(decideCorrection({ ...sent, status }, { carrier: 'Y' })).toMatchObject({
      kind: 'refused',
    });
  },
);

test('the number of corrections is bounded; a repeat changes nothing and is never refused', () => {
  const entry = { kind: 'tracking_corrected' };
  const history = Array.from({ length: TRACKING_CORRECTIONS_MAX }, () => entry);
  expect(decideCorrection({ ...sent, history: history.slice(1) }, { carrier: 'Y' }).kind).toBe(
    'corrected',
  );
  expect(decideCorrection({ ...sent, history }, { carrier: 'Y' }).kind).toBe('refused');
  expect(decideCorrection({ ...sent, history }, { carrier: 'X' }).kind).toBe('unchanged');
});

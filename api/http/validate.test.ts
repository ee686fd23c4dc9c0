import { HonoRequest } from 'hono/request';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type FieldError, RefusedError } from '../../shared/domain/errors.ts';
import { validate, validateQuery } from './validate.ts';

const line = z.strictObject({ quantity: z.int().min(1) });
const alternatives = z.union([
  z.strictObject({ delta: z.int(), reason: z.string() }),
  z.strictObject({ set: z.int(), reason: z.string() }),
]);

test('valid input is returned as parsed', () => {
  expect(validate(z.strictObject({ limit: z.coerce.number() }), { limit: '5' })).toEqual({
    limit: 5,
  });
});

test.each([
  ['a field', z.strictObject({ a: z.int() }), { a: 'x' }, ['a']],
  [
    'a field in a list',
    z.strictObject({ lines: z.array(line) }),
    { lines: [{ quantity: 0 }] },
    ['lines.0.quantity'],
  ],
  ['an unknown field', line, { quantity: 1, price: 2 }, ['price']],
  ['an unknown field in a list', z.array(line), [{ quantity: 1, price: 2 }], ['0.price']],
  ['the whole body', line, [], ['']],
  ['a field of the intended alternative', alternatives, { set: 'x', reason: 'y' }, ['set']],
  [
    'a field of one alternative in the other',
    alternatives,
    { set: 1, reason: 'y', delta: 2 },
    ['set'],
  ],
  [
    'several fields of the intended alternative',
    z.union([z.literal('all'), z.strictObject({ ids: z.array(z.string()) })]),
    { ids: [1, 2] },
    ['ids.0', 'ids.1'],
  ],
  [
    'a field of a nested alternative',
    z.strictObject({ change: alternatives }),
    { change: { delta: 1, reason: 2 } },
    ['change.reason'],
  ],
])('%s is reported', (_, schema, input, paths) => {
  expect(pathsRefused(schema, input)).toEqual(paths);
});

test.each([
  ['a text in place of a list', z.array(z.string()).max(3), 'catalog:read', 'It must be a list.'],
  ['a number beyond all integers', z.int().max(1_000), 1e300, 'It must be at most 1000.'],
  ['a number below all integers', z.int().min(1), -1e300, 'It must be at least 1.'],
  ['the excluded minimum', z.number().positive(), 0, 'It must be more than 0.'],
  ['the excluded maximum', z.number().lt(5), 5, 'It must be less than 5.'],
])('%s gets one true message', (_, field, value, message) => {
  const plain = z.strictObject({ field });
  const nested = z.strictObject({ change: z.union([plain, z.strictObject({ other: z.int() })]) });
  for (const [schema, input, path] of [
    [plain, { field: value }, 'field'],
    [nested, { change: { field: value } }, 'change.field'],
  ] as const) {
    expect(fieldsRefused(schema, input)).toEqual([{ path, message }]);
  }
});

test('the first twenty of many invalid fields are reported', () => {
  const input = Array.from({ length: 1_000 }, () => ({ quantity: 0 }));
  expect(pathsRefused(z.array(line), input)).toHaveLength(20);
});

test('a field that two checks refuse in the same words is reported once', () => {
  const price = z.int('Must be whole.').max(100, 'Must be whole.');
  expect(() => validate(z.strictObject({ price }), { price: 2 ** 60 })).toThrow(
    expect.objectContaining({
      message: 'Invalid: price.',
      fields: [{ path: 'price', message: 'Must be whole.' }],
    }),
  );
});

test('a repeated parameter is refused and reported', () => {
  const query = z.strictObject({ type: z.string(), limit: z.string().optional() });
  expect(validateQuery(query, toRequest('?type=a&limit=1'))).toEqual({ type: 'a', limit: '1' });
  for (const search of ['?type=a&type=b', '?type=a&type=a', '?type=a&type']) {
    expect(() => validateQuery(query, toRequest(search))).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        fields: [{ path: 'type', message: expect.stringContaining('more than once') }],
      }),
    );
  }
  expect(() => validateQuery(query, toRequest('?shop=a&type=a'))).toThrow('shop');
});

test('without a query, missing required parameters are reported and optional parameters are absent', () => {
  const optional = z.strictObject({ limit: z.string().optional() });
  expect(validateQuery(optional, toRequest(''))).toEqual({});
  expect(validateQuery(optional, toRequest('?'))).toEqual({});
  expect(() => validateQuery(z.strictObject({ type: z.string() }), toRequest(''))).toThrow('type');
});

function toRequest(search: string): HonoRequest {
  return new HonoRequest(new Request(`http://localhost/v1/things${search}`));
}

function pathsRefused(schema: z.ZodType, input: unknown): string[] {
  return fieldsRefused(schema, input).map((field) => field.path);
}

function fieldsRefused(schema: z.ZodType, input: unknown): readonly FieldError[] {
  try {
    validate(schema, input);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return error.fields;
  }
  return [];
}

import type { HonoRequest } from 'hono';
import type { z } from 'zod';
import { type FieldError, RefusedError } from '../../shared/domain/errors.ts';
import { plainWords } from './plain-words.ts';

const FIELD_ERRORS_MAX = 20;

/**
 * Parses input by its schema.
 * @throws RefusedError invalid_request naming each offending field, twenty at most
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: plainWords });
  if (parsed.success) return parsed.data;
  throw refused(parsed.error.issues.flatMap(toFieldErrors));
}

/**
 * Parses the parameters of a query by their schema. No parameter has several values, so that one
 * that is given more than once is refused: which of them counted would be anybody's guess.
 * @throws RefusedError invalid_request naming each offending parameter
 */
export function validateQuery<Schema extends z.ZodType>(
  schema: Schema,
  request: Pick<HonoRequest, 'url' | 'queries'>,
): z.output<Schema> {
  // Most requests have no query, and need no search parameters parsed.
  if (!request.url.includes('?')) return validate(schema, {});
  const given = request.queries();
  const repeated = Object.keys(given).filter((name) => (given[name]?.length ?? 0) > 1);
  const message = 'The parameter is given more than once.';
  if (repeated.length > 0) throw refused(repeated.map((path) => ({ path, message })));
  const single = Object.entries(given).map(([name, values]) => [name, values[0]]);
  return validate(schema, Object.fromEntries(single));
}

function refused(all: readonly FieldError[]): RefusedError {
  const fields = all.slice(0, FIELD_ERRORS_MAX);
  const named = fields.map((field) => field.path || 'the body').join(', ');
  return new RefusedError('invalid_request', `Not acceptable: ${named}.`, fields);
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearestMiss(issue.errors).flatMap(toFieldErrors).map(below(path));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'There is no such field.',
  }));
}

/** Of several forms that do not fit, the one that the caller probably meant. */
function nearestMiss(forms: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  // What is amiss inside a form tells more than that it is no such form at all.
  const inside = forms.filter((form) => form.some(({ path }) => path.length > 0));
  const likely = inside.length > 0 ? inside : forms;
  return likely.reduce((best, form) => (form.length < best.length ? form : best));
}

function below(parent: readonly string[]) {
  return ({ path, message }: FieldError): FieldError => ({
    path: [...parent, path].filter(Boolean).join('.'),
    message,
  });
}

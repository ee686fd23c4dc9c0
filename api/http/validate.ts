import type { HonoRequest } from 'hono';
import type { z } from 'zod';
import { type FieldError, RefusedError } from '../../shared/domain/errors.ts';
import { plainWords } from './plain-words.ts';

const FIELD_ERRORS_MAX = 20;
/** A field has few issues, so this many issues are enough for the reported fields. */
const ISSUES_MAX = 100;

/**
 * Parses input by its schema.
 * @throws RefusedError invalid_request, which names up to twenty invalid fields
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: plainWords });
  if (parsed.success) return parsed.data;
  throw refused(withoutEchoes(parsed.error.issues).flatMap(toFieldErrors));
}

/**
 * Parses query parameters by their schema. Refuses a repeated parameter, because it is unclear
 * which value counts.
 * @throws RefusedError invalid_request, with the invalid parameters
 */
export function validateQuery<Schema extends z.ZodType>(
  schema: Schema,
  request: Pick<HonoRequest, 'url' | 'queries'>,
): z.output<Schema> {
  // Most requests have no query, so skip parsing.
  if (!request.url.includes('?')) return validate(schema, {});
  const parameters = request.queries();
  const repeated = Object.keys(parameters).filter((name) => (parameters[name]?.length ?? 0) > 1);
  const message = 'The parameter must not occur more than once.';
  if (repeated.length > 0) throw refused(repeated.map((path) => ({ path, message })));
  const single = Object.entries(parameters).map(([name, values]) => [name, values[0]]);
  return validate(schema, Object.fromEntries(single));
}

function refused(errors: readonly FieldError[]): RefusedError {
  const distinct = new Map(errors.map((error) => [`${error.path}\n${error.message}`, error]));
  const fields = [...distinct.values()].slice(0, FIELD_ERRORS_MAX);
  const names = new Set(fields.map((field) => field.path || 'the body'));
  return new RefusedError('invalid_request', `Invalid: ${[...names].join(', ')}.`, fields);
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return withoutEchoes(pickNearest(issue.errors)).flatMap(toFieldErrors).map(prefixPath(path));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'There is no such field.',
  }));
}

/**
 * Removes issues that another issue of the same field makes untrue or superfluous. Zod also checks
 * the length of a text in place of a list, and compares an integer with the limits of all integers.
 */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const first = issues.slice(0, ISSUES_MAX);
  const byPath = Map.groupBy(first, ({ path }) => path.join('.'));
  return [...byPath.values()].flatMap((same) =>
    same.filter((issue) => !same.some((other) => echoes(issue, other))),
  );
}

function echoes(issue: z.core.$ZodIssue, other: z.core.$ZodIssue): boolean {
  if (issue.code === 'too_big') {
    return (
      other.code === 'invalid_type' || (other.code === 'too_big' && other.maximum < issue.maximum)
    );
  }
  if (issue.code !== 'too_small') return false;
  return (
    other.code === 'invalid_type' || (other.code === 'too_small' && other.minimum > issue.minimum)
  );
}

/** Returns the issues of the alternative of a union that the caller probably meant. */
function pickNearest(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  // A wrong member suggests that the caller meant this alternative; a wrong type does not.
  const inside = alternatives.filter((issues) => issues.some(({ path }) => path.length > 0));
  const likely = inside.length > 0 ? inside : alternatives;
  return likely.reduce((best, issues) => (issues.length < best.length ? issues : best));
}

function prefixPath(parent: readonly string[]) {
  return ({ path, message }: FieldError): FieldError => ({
    path: [...parent, path].filter(Boolean).join('.'),
    message,
  });
}

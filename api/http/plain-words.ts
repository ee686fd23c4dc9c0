import type { z } from 'zod';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'a URL',
  datetime: 'an ISO 8601 time, such as 2030-01-31T12:00:00Z',
  date: 'an ISO 8601 date, such as 2030-01-31',
  uuid: 'a UUID',
};
const VALUES_SHOWN_MAX = 12;

/**
 * Returns the message for an invalid value. The message describes the allowed values, for callers
 * who do not know the schema. Zod calls this function only where the schema has no message of its
 * own.
 * @returns undefined to use the default message of zod
 */
export function plainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' && issue.input === undefined) return 'This is required.';
  switch (issue.code) {
    case 'invalid_type': {
      const expected = EXPECTED[issue.expected];
      return expected === undefined ? undefined : `It must be ${expected}.`;
    }
    case 'too_big':
      return `${toRequirement(issue.origin)} ${bound(
        issue.inclusive === false ? 'less than' : 'at most',
        issue.maximum,
        issue.origin,
      )}.`;
    case 'too_small':
      return `${toRequirement(issue.origin)} ${bound(
        issue.inclusive === false ? 'more than' : 'at least',
        issue.minimum,
        issue.origin,
      )}.`;
    case 'not_multiple_of':
      return `It must be a multiple of ${issue.divisor}.`;
    case 'invalid_value':
      return joinAlternatives(issue.values);
    case 'invalid_union':
      return Array.isArray(issue['options']) ? joinAlternatives(issue['options']) : undefined;
    case 'invalid_format': {
      const format = FORMATS[issue.format];
      return format === undefined ? undefined : `It must be ${format}.`;
    }
    default:
      return undefined;
  }
}

function joinAlternatives(values: readonly unknown[]): string {
  const shown = values.slice(0, VALUES_SHOWN_MAX).map(String).join(', ');
  const more = values.length > VALUES_SHOWN_MAX ? ', …' : '';
  return values.length === 1 ? `It must be ${shown}.` : `It must be one of ${shown}${more}.`;
}

function toRequirement(origin: string): string {
  return origin === 'number' || origin === 'int' || origin === 'date'
    ? 'It must be'
    : 'It must have';
}

function bound(which: string, limit: number | bigint, origin: string): string {
  const plural = Number(limit) === 1 ? '' : 's';
  if (origin === 'string') return `${which} ${limit} character${plural}`;
  if (origin === 'array' || origin === 'set') return `${which} ${limit} item${plural}`;
  return `${which} ${limit}`;
}

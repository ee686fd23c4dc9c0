import { z } from '@hono/zod-openapi';
import { optInFlag, queryFlag } from '../../http/query-flag.ts';
import { importResultExample } from '../examples.ts';
import { statusFilter } from '../schemas.ts';
import type { CsvStyle } from './csv/write-row.ts';
import { FAULTS_SHOWN_MAX } from './line-report.ts';

export const importQuery = z.strictObject({
  mode: z
    .enum(['all', 'report', 'upsert'])
    .default('all')
    .describe(
      '`all` stores nothing if there is any error. `report` stores the valid products. `upsert` ' +
        'changes the products whose SKUs the shop has, stores the others, and sets the stock.',
    ),
  publish: optInFlag.describe('Whether to publish new products at once.'),
});

/** The delimiters of cells by their names. */
const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
const delimiterNames = Object.keys(DELIMITERS) as (keyof typeof DELIMITERS)[];

/** Accepts a delimiter itself as well as its name. Generated clients use the names. */
function toDelimiterName(value: unknown): unknown {
  return delimiterNames.find((name) => DELIMITERS[name] === value) ?? value;
}

/** The query parameters that every export has: the format and the style of the file. */
export const fileStyle = {
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  delimiter: z
    .preprocess(toDelimiterName, z.enum(delimiterNames))
    .optional()
    .describe(
      'The delimiter of CSV: `comma` (the default), `semicolon`, `tab`, `pipe`, or the character.',
    ),
  bom: queryFlag
    .optional()
    .describe('Whether CSV begins with a byte order mark, which Excel needs to recognize UTF-8.'),
};

interface FileStyle {
  readonly format: 'ndjson' | 'csv';
  readonly delimiter?: (typeof delimiterNames)[number] | undefined;
  readonly bom?: boolean | undefined;
}

/** Refuses `delimiter` and `bom` unless the format is CSV. */
export function checkFileStyle({ format, delimiter, bom }: FileStyle, ctx: z.RefinementCtx): void {
  if (format === 'csv') return;
  for (const [name, value] of Object.entries({ delimiter, bom })) {
    if (value === undefined) continue;
    ctx.addIssue({ code: 'custom', path: [name], message: 'This parameter requires format=csv.' });
  }
}

/** Returns the style of a CSV file. */
export function toCsvStyle({ delimiter = 'comma', bom }: FileStyle): CsvStyle {
  return { delimiter: DELIMITERS[delimiter], bom: bom === true };
}

export const exportQuery = z
  .strictObject({ ...fileStyle, ...statusFilter })
  .superRefine(checkFileStyle);

const importError = z
  .object({
    line: z.int().min(1).describe('The number of the line in the file, from 1.'),
    path: z.string().describe('The column, or the dotted path in the JSON of the line.'),
    code: z.string(),
    message: z.string(),
  })
  .openapi('ImportError');

/** A range of lines, both ends included. */
export const lineRange = z
  .object({ from: z.int().min(1), to: z.int().min(1) })
  .openapi('LineRange');

export const importResult = z
  .object({
    created: z
      .int()
      .min(0)
      .describe('The number of new products, each stored with its stock levels.'),
    updated: z
      .int()
      .min(0)
      .optional()
      .describe('The number of changed products; only with `mode=upsert`.'),
    unchanged: z
      .int()
      .min(0)
      .optional()
      .describe(
        'The number of products that were already as in the file; only with `mode=upsert`.',
      ),
    failed: z
      .int()
      .min(0)
      .describe('The number of products and unreadable lines that were not stored.'),
    errorCount: z
      .int()
      .min(0)
      .describe('The number of errors, including errors that `errors` does not contain.'),
    errors: z
      .array(importError)
      .describe(`The first ${FAULTS_SHOWN_MAX} errors, in the order of the file.`),
    failedLines: z.array(lineRange).describe('The ranges of all lines that were not stored.'),
  })
  .openapi('ImportResult', { example: importResultExample });

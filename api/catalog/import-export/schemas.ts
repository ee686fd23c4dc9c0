import { z } from '@hono/zod-openapi';
import { optInFlag, queryFlag } from '../../http/query-flag.ts';
import { importResultExample } from '../examples.ts';
import { statusFilter } from '../schemas.ts';
import { FAULTS_SHOWN_MAX } from './line-report.ts';

export const importQuery = z.strictObject({
  mode: z
    .enum(['all', 'report'])
    .default('all')
    .describe('`all`: nothing is stored if anything is wrong. `report`: what is right is stored.'),
  publish: optInFlag.describe('Whether the products go on sale at once.'),
});

/** What separates cells, by its name. */
export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
const delimiterNames = Object.keys(DELIMITERS) as (keyof typeof DELIMITERS)[];

/** A delimiter may be given as itself, too. Generated clients know the names only. */
function delimiterName(given: unknown): unknown {
  return delimiterNames.find((name) => DELIMITERS[name] === given) ?? given;
}

export const exportQuery = z
  .strictObject({
    format: z.enum(['ndjson', 'csv']).default('ndjson'),
    delimiter: z
      .preprocess(delimiterName, z.enum(delimiterNames))
      .optional()
      .describe('Of CSV: `comma` unless given, or `semicolon`, `tab`, `pipe`, or the character.'),
    bom: queryFlag
      .optional()
      .describe('Whether CSV begins with a byte order mark, by which Excel recognizes UTF-8.'),
    ...statusFilter,
  })
  .superRefine(({ format, delimiter, bom }, ctx) => {
    if (format === 'csv') return;
    for (const [name, value] of Object.entries({ delimiter, bom })) {
      if (value === undefined) continue;
      ctx.addIssue({ code: 'custom', path: [name], message: 'For format=csv only.' });
    }
  });

const importError = z
  .object({
    line: z.int().min(1).describe('Of the file, its first being 1.'),
    path: z.string().describe('The column, or the dotted path in the line’s JSON.'),
    code: z.string(),
    message: z.string(),
  })
  .openapi('ImportError');

/** Lines of a file, both ends included. */
export const lineRange = z
  .object({ from: z.int().min(1), to: z.int().min(1) })
  .openapi('LineRange');

export const importResult = z
  .object({
    created: z.int().min(0).describe('Products stored, each with its stock levels.'),
    failed: z.int().min(0).describe('Products, or lines that are none, that were not stored.'),
    errorCount: z.int().min(0).describe('How many errors there are, those not shown included.'),
    errors: z.array(importError).describe(`The first ${FAULTS_SHOWN_MAX} of them.`),
    failedLines: z
      .array(lineRange)
      .describe('Every line with a row that was not stored, as ranges.'),
  })
  .openapi('ImportResult', { example: importResultExample });

import { z } from '@hono/zod-openapi';
import { statusFilter } from '../schemas.ts';
import { FAULTS_SHOWN_MAX } from './line-report.ts';

const flag = z.enum(['true', 'false']);

export const importQuery = z.strictObject({
  mode: z
    .enum(['all', 'report'])
    .default('all')
    .describe('`all`: nothing is stored if anything is wrong. `report`: what is right is stored.'),
  publish: flag.default('false').describe('Whether the products go on sale at once.'),
});

export const exportQuery = z.strictObject({
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  ...statusFilter,
});

export const importResult = z
  .object({
    created: z.int().min(0).describe('Products stored, each with its stock levels.'),
    failed: z.int().min(0).describe('Products, or lines that are none, that were not stored.'),
    errorCount: z.int().min(0).describe('Things that are wrong.'),
    errors: z
      .array(
        z.object({
          line: z.int().min(1).describe('Of the file, its first being 1.'),
          path: z.string().describe('The column, or the dotted path in the line’s JSON.'),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe(`The first ${FAULTS_SHOWN_MAX} of them.`),
  })
  .openapi('ImportResult');

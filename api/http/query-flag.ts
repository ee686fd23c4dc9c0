import { z } from '@hono/zod-openapi';

function parseFlag(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}

/** A query parameter that is `true` or `false`. */
export const queryFlag = z.preprocess(parseFlag, z.boolean('It must be true or false.'));

/** A query parameter that is `true` or `false`; `false` by default. */
export const optInFlag = z.preprocess(
  parseFlag,
  z.boolean('It must be true or false.').default(false),
);

import { z } from '@hono/zod-openapi';

function parseFlag(given: unknown): unknown {
  if (given === 'true') return true;
  return given === 'false' ? false : given;
}

/** A query parameter that is `true` or `false`. */
export const queryFlag = z.preprocess(parseFlag, z.boolean('Either true or false.'));

/** A query parameter that is `false` unless it is given as `true`. */
export const optInFlag = z.preprocess(parseFlag, z.boolean('Either true or false.').default(false));

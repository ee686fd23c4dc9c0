import { z } from 'zod';
import { toTagKey } from '../domain/listing.ts';
import { humanText } from './text.ts';

const MEDIA_MAX = 20;
const MEDIA_URL_LENGTH_MAX = 2_048;
const ALT_LENGTH_MAX = 500;
const TAGS_MAX = 50;
const TAG_LENGTH_MAX = 40;

const NOT_HTTPS = 'Must be an https:// address in ASCII, without spaces, user name or password.';

function isHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.password === '';
}

const url = z
  .string()
  .max(MEDIA_URL_LENGTH_MAX)
  .regex(/^https:\/\/[\x21-\x7e]+$/, { error: NOT_HTTPS, abort: true })
  .refine(isHttps, NOT_HTTPS);

/** Images and videos of a product, which are stored elsewhere. Lastunit never loads them. */
export const media = z
  .array(
    z.strictObject({
      url: url.describe('An https address.'),
      alt: humanText(ALT_LENGTH_MAX)
        .optional()
        .describe('A description of the image, for people who cannot see it.'),
    }),
  )
  .max(MEDIA_MAX)
  .refine(
    (items) => new Set(items.map((item) => item.url)).size === items.length,
    'Each address may occur only once.',
  )
  .describe('The URLs of images and videos, in the order in which they are shown.');

/** A tag of a product. It contains no separator, because import files separate tags by commas. */
export const tag = humanText(TAG_LENGTH_MAX).regex(
  /^[^,;|\r\n\t]*$/,
  'Must not contain a comma, “;”, “|”, tab or line break.',
);

/** Words by which a shop groups its products. */
export const tags = z
  .array(tag)
  .max(TAGS_MAX)
  .refine((items) => new Set(items.map(toTagKey)).size === items.length, {
    error: 'Tags must differ in more than letter case and accents.',
  })
  .describe('Words by which the shop groups its products. Letter case and accents do not matter.');

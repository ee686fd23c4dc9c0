import { z } from 'zod';
import { toTagKey } from '../domain/listing.ts';
import { humanText } from './text.ts';

const MEDIA_MAX = 20;
const MEDIA_URL_LENGTH_MAX = 2_048;
const ALT_LENGTH_MAX = 500;
const TAGS_MAX = 50;
const TAG_LENGTH_MAX = 40;

const NOT_HTTPS = 'An https:// address without user name and password.';

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
  .refine((all) => new Set(all.map((each) => each.url)).size === all.length, 'Each address once.')
  .describe('The URLs of images and videos, in the order in which they are shown.');

/** A tag of a product. Files list tags with commas, so it contains no separator. */
export const tag = humanText(TAG_LENGTH_MAX).regex(
  /^[^,;|\r\n\t]*$/,
  'No comma, “;”, “|” or line break.',
);

/** Words by which a shop groups its products. */
export const tags = z
  .array(tag)
  .max(TAGS_MAX)
  .refine((all) => new Set(all.map(toTagKey)).size === all.length, {
    error: 'Tags must differ in more than letter case and accents.',
  })
  .describe('Words by which the shop groups its products. Letter case and accents do not matter.');

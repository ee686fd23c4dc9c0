import { z } from 'zod';
import { METADATA_KEYS_MAX } from '../domain/metadata.ts';
import { longText } from './text.ts';

const KEY_LENGTH_MAX = 40;
const VALUE_LENGTH_MAX = 500;

/** Letters, digits, `_`, `-` and `:` of ASCII, so that a key is the same in every system. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9_:-]*$/;
const KEY_RULE =
  `A key begins with a letter or digit, has at most ${KEY_LENGTH_MAX} characters, and only ` +
  'letters and digits without accents, “_”, “-” and “:”.';

const DESCRIPTION =
  `At most ${METADATA_KEYS_MAX} texts by keys of the shop’s choice, for its own systems. ` +
  `${KEY_RULE} Only the shop sets and sees them. They are not for personal data.`;

const value = longText(VALUE_LENGTH_MAX).min(1);

function checkKeys(texts: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx): void {
  const keys = Object.keys(texts);
  if (keys.length > METADATA_KEYS_MAX) {
    ctx.addIssue({ code: 'custom', path: [], message: `At most ${METADATA_KEYS_MAX} keys.` });
    return;
  }
  for (const key of keys) {
    if (key.length <= KEY_LENGTH_MAX && KEY.test(key)) continue;
    ctx.addIssue({ code: 'custom', path: [key.slice(0, KEY_LENGTH_MAX)], message: KEY_RULE });
  }
}

/** Texts that a shop stores with its own products, orders and discounts. */
export const metadata = z.record(z.string(), value).superRefine(checkKeys).describe(DESCRIPTION);

/** Changes of metadata. Keys that the change does not name stay, and `null` removes a key. */
export const metadataChanges = z
  .record(z.string(), value.nullable())
  .superRefine(checkKeys)
  .describe(
    `Changes the keys that are named, and keeps the others; \`null\` removes a key. ${DESCRIPTION}`,
  );

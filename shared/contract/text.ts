import { z } from 'zod';

/**
 * Something that can be seen: neither space nor control or format characters, nor what fonts leave
 * out or leave blank (U+2800 is Braille without a dot). Half a surrogate pair is nothing either.
 */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Whether a text survives storing, sending and showing as it is: half a surrogate pair cannot be
 * encoded, and much software takes NUL for the end of a text.
 */
function isSound(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const NOT_SOUND = 'No NUL, and no half of a surrogate pair.';

const isVisible = (text: string) => VISIBLE.test(text);
const BLANK = { error: 'Not blank.', abort: true };
// What the OpenAPI document can say of `VISIBLE`: it has no place for the flag `u`.
const NOT_BLANK = /\S/;

/** A name, a title or a reason, for people to read: some of it is visible. The ends are trimmed. */
export function humanText(lengthMax: number) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(NOT_BLANK, BLANK)
    .refine(isVisible, BLANK)
    .refine(isSound, NOT_SOUND);
}

/** Any text, of several lines or of none. */
export function longText(lengthMax: number) {
  return z.string().max(lengthMax).refine(isSound, NOT_SOUND);
}

/** What others call a thing of theirs. It is compared as it is, so that nothing is trimmed. */
export function externalId(lengthMax: number) {
  return z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(NOT_BLANK, BLANK)
    .refine(isVisible, BLANK)
    .refine(isSound, NOT_SOUND);
}

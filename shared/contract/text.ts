import { z } from 'zod';

/**
 * A visible character: not a space, a control or format character, a lone surrogate, or a character
 * that fonts omit or leave blank (U+2800 is Braille without a dot).
 */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Returns whether a text can be stored, sent and displayed unchanged. A lone surrogate cannot be
 * encoded, and some software treats NUL as the end of a text.
 */
function isSound(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const NOT_SOUND = 'Must not contain NUL or half of a surrogate pair.';

const isVisible = (text: string) => VISIBLE.test(text);
const BLANK = { error: 'Must not be blank.', abort: true };
// The part of `VISIBLE` that the OpenAPI document can express: its patterns have no flag `u`.
const NOT_BLANK = /\S/;

/** Returns the schema of a text for people. It is trimmed and must contain a visible character. */
export function humanText(lengthMax: number) {
  return z
    .string()
    .trim()
    .max(lengthMax)
    .regex(NOT_BLANK, BLANK)
    .refine(isVisible, BLANK)
    .refine(isSound, NOT_SOUND);
}

/** Returns the schema of a text that may be empty or have several lines. */
export function longText(lengthMax: number) {
  return z.string().max(lengthMax).refine(isSound, NOT_SOUND);
}

const ID_LENGTH_MAX = 64;
/** An id of this system, in a request. */
export const resourceId = z.string().min(1).max(ID_LENGTH_MAX);

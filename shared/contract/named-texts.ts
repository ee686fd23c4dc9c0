import { z } from 'zod';
import { humanText } from './text.ts';

const NAME_LENGTH_MAX = 40;
/**
 * A letter or digit of any script, then visible characters and blanks; a visible character at the
 * end.
 */
const NAME =
  /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} \u200c\u200d]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$/u;

/** The rule for names of options and attributes, in error messages and descriptions. */
export const NAME_RULE =
  `A name begins with a letter or digit, and has at most ${NAME_LENGTH_MAX} ` +
  'characters. It contains no line break, “.” or “$”.';

const toName = (name: string) => name.normalize('NFC').trim();

/** Returns whether a normalized and trimmed name follows `NAME_RULE`. */
export const isName = (name: string) =>
  name.length <= NAME_LENGTH_MAX && NAME.test(name) && !/[.$]/.test(name);

/** Returns equal texts for names that differ only in letter case or width. */
const foldName = (name: string) => toName(name.normalize('NFKC').toUpperCase().toLowerCase());

interface Bounds {
  readonly namesMax: number;
  readonly lengthMax: number;
}

/** Returns a schema for texts under names that the shop chooses, normalized (NFC) and trimmed. */
export function namedTexts({ namesMax, lengthMax }: Bounds) {
  const check = (texts: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx) => {
    const issue = (path: string[], message: string) =>
      ctx.addIssue({ code: 'custom', path, message });
    const names = Object.keys(texts);
    if (names.length > namesMax) issue([], `At most ${namesMax} names.`);
    const invalid = names.filter((name) => !isName(toName(name)));
    for (const name of invalid.slice(0, namesMax))
      issue([name.slice(0, NAME_LENGTH_MAX)], NAME_RULE);
    if (new Set(names.map(foldName)).size === names.length) return;
    issue([], 'Names must differ in more than letter case.');
  };
  return z
    .record(z.string(), humanText(lengthMax))
    .superRefine(check)
    .overwrite((texts) =>
      Object.fromEntries(Object.entries(texts).map(([name, value]) => [toName(name), value])),
    )
    .describe(`At most ${namesMax}. ${NAME_RULE} Names are normalized (NFC) and trimmed.`);
}

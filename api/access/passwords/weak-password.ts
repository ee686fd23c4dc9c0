import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { refuseField } from '../../../shared/domain/errors.ts';

/**
 * Guesses that a password must withstand. Logins allow a few hundred a day, so that a million of
 * them are out of reach online; a copied database is what argon2id is for.
 */
const GUESSES_MIN = 1_000_000;
/** What is known of a password by then; more would cost time that nobody needs to spend. */
const CHARACTERS_LOOKED_AT_MAX = 64;
/** Ways to read `p4ssw0rd`; each is looked up. */
const SPELLINGS_MAX = 20;

const NO_WORD = /[^\p{L}\p{N}]+/u;

let estimator: ZxcvbnFactory | undefined;

/**
 * Whether a password is among the first million that a guesser tries: common ones and their
 * spellings, repetitions, sequences, rows of keys, dates, and what is known of the account. There
 * are no rules of composition (NIST SP 800-63B).
 * @param known of the account, e.g. its e-mail address and its shop's name
 */
export function isWeakPassword(password: string, known: readonly string[]): boolean {
  const looked = password.slice(0, CHARACTERS_LOOKED_AT_MAX);
  const words = known.flatMap((text) => [text, ...text.split('@'), ...text.split(NO_WORD)]);
  const { guesses } = passwordEstimator().check(looked, ['lastunit', ...words.filter(Boolean)]);
  return guesses < GUESSES_MIN;
}

/**
 * @param path of the field, for the refusal
 * @throws RefusedError weak_password
 */
export function refuseWeakPassword(
  password: string,
  { path, known }: { readonly path: string; readonly known: readonly string[] },
): void {
  if (!isWeakPassword(password, known)) return;
  const message = 'This is too easy to guess. A few words that do not belong together are good.';
  throw refuseField('weak_password', path, message);
}

/** Loads the list of common passwords: 0.2 s, once; a process does it before it serves anybody. */
export function passwordEstimator(): ZxcvbnFactory {
  estimator ??= new ZxcvbnFactory({
    dictionary,
    graphs: adjacencyGraphs,
    l33tMaxSubstitutions: SPELLINGS_MAX,
  });
  return estimator;
}

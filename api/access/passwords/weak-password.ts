import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { refuseField } from '../../../shared/domain/errors.ts';

/**
 * The number of guesses that a password must withstand. The login limits allow about a thousand
 * wrong passwords a day for an account, so a million are out of reach online. argon2id protects a
 * copied database.
 */
const GUESSES_MIN = 1_000_000;
/**
 * Only the start of a password is estimated, because the time to estimate grows with its length.
 */
const ESTIMATED_CHARACTERS_MAX = 64;
/** The number of spellings of a word such as `p4ssw0rd` that are looked up. */
const SPELLINGS_MAX = 20;

const WORD_SEPARATORS = /[^\p{L}\p{N}]+/u;

let estimator: ZxcvbnFactory | undefined;

/**
 * Returns whether a password would probably be found within a million guesses. The estimate
 * considers common passwords and their spellings, repetitions, sequences, rows of keys, dates, and
 * words of the account. There are no composition rules (NIST SP 800-63B).
 * @param accountWords e.g. the e-mail address and the shop's name
 */
export function isWeakPassword(password: string, accountWords: readonly string[]): boolean {
  const start = password.slice(0, ESTIMATED_CHARACTERS_MAX);
  const toParts = (text: string) => [text, ...text.split('@'), ...text.split(WORD_SEPARATORS)];
  const words = accountWords.flatMap(toParts);
  const { guesses } = passwordEstimator().check(start, ['lastunit', ...words.filter(Boolean)]);
  return guesses < GUESSES_MIN;
}

/**
 * Refuses a password that is too easy to guess.
 * @param path the path of the field in the request, for the error
 * @throws RefusedError weak_password
 */
export function refuseWeakPassword(
  password: string,
  { path, accountWords }: { readonly path: string; readonly accountWords: readonly string[] },
): void {
  if (!isWeakPassword(password, accountWords)) return;
  const message = 'This password is too easy to guess. Use a few unrelated words.';
  throw refuseField('weak_password', path, message);
}

/**
 * Returns the estimator of passwords. The first call loads the lists of common passwords, which
 * takes 0.2 s, so call it before serving requests.
 */
export function passwordEstimator(): ZxcvbnFactory {
  estimator ??= new ZxcvbnFactory({
    dictionary,
    graphs: adjacencyGraphs,
    l33tMaxSubstitutions: SPELLINGS_MAX,
  });
  return estimator;
}

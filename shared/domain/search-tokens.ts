/** Longer values are cut, both in the index and in queries. */
const TOKEN_LENGTH_MAX = 200;
/** The maximum number of words of one value that are indexed separately. */
const WORDS_MAX = 10;

/** The scope of tokens that only operators search. */
export const OPERATORS_SCOPE = '*';

/** The values by which a subject is found, from which its tokens are made. */
export interface SearchTerms {
  /** Ids of this system, which are unique by themselves. */
  readonly ids: readonly string[];
  /** Values that people chose, which many subjects can share: buyers, SKUs, references. */
  readonly values: readonly string[];
  /** Values that a million subjects can share: SKUs. Operators search them with an outcome. */
  readonly commonValues: readonly string[];
  /** See `toOutcome`. */
  readonly outcome: string;
  /** Shops that can search the values. Operators can search all values. */
  readonly shopIds: readonly string[];
  /** Facts to filter by, e.g. `{ status: 'rejected' }`. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the tokens of a subject. An id has one token. A value has one for each scope, so that a
 * shop that searches for `TEE-S` never reads through the orders of other shops with that SKU. In
 * the operators' scope, the token of a common value contains the outcome, so that an operator who
 * searches for placed checkouts with the SKU of a sale never reads through a million refusals.
 */
export function toTokens(terms: SearchTerms): string[] {
  const { ids, values, commonValues, outcome, shopIds, facts } = terms;
  const texts = values.flatMap(withWords);
  const common = commonValues.flatMap(withWords);
  return [
    ...new Set([
      ...ids.map(idToken),
      ...texts.map((text) => `${OPERATORS_SCOPE}/${text}`),
      ...common.map((text) => outcomeToken(`${OPERATORS_SCOPE}/${text}`, outcome)),
      ...shopIds.flatMap((shopId) => [...texts, ...common].map((text) => `${shopId}/${text}`)),
      ...Object.entries(facts).flatMap(([name, factValues]) =>
        factValues.map((value) => factToken(name, value)),
      ),
    ]),
  ];
}

/** Returns the token of a fact, e.g. of `status` and `rejected`. */
export function factToken(name: string, value: string): string {
  return `=${name}:${value}`;
}

/** Returns the outcome of a subject: its status, and why a checkout was rejected. */
export function toOutcome(status: string, reason?: string): string {
  return reason === undefined ? status : `${status}:${reason}`;
}

/** A normalized text has no line break, so the beginning of a value still finds the token. */
function outcomeToken(token: string, outcome: string): string {
  return `${token}\n${outcome}`;
}

/** Alternatives of one word of a query: a subject with any of these tokens has the word. */
export type QueryWord = readonly string[];

/** A parsed query. */
export interface SearchQuery {
  /** A subject must have all these words. A prefix query is one word, with its blanks. */
  readonly words: readonly QueryWord[];
  /** Whether the query ends in `*`, so that tokens that begin with the word match. */
  readonly isPrefix: boolean;
}

/**
 * Parses the query of a caller that searches a scope. A value of several words is found by these
 * words, which are tokens too. Only operators find ids by a prefix: the tokens of ids have no
 * scope, so a shop's search would read through the ids of all shops.
 * @param outcomes the outcomes of the subjects that operators search for; without outcomes,
 *   operators find common values only by a prefix
 */
export function parseSearch(
  text: string,
  scope: string,
  outcomes: readonly string[] = [],
): SearchQuery {
  const isPrefix = text.endsWith('*');
  const normal = normalize(isPrefix ? text.slice(0, -1) : text);
  const words = isPrefix ? [normal] : splitBlanks(normal).slice(0, WORDS_MAX);
  const toAlternatives = (word: string): QueryWord => {
    const token = `${scope}/${word}`;
    const common = isPrefix ? [] : outcomes.map((outcome) => outcomeToken(token, outcome));
    // The digits of a phone number are indexed without the sign of its country code.
    const digits = /^\+\d+$/.test(word) ? [`${scope}/${word.slice(1)}`] : [];
    const ids = isPrefix && scope !== OPERATORS_SCOPE ? [] : [idToken(word)];
    return [...ids, token, ...digits, ...common];
  };
  return { words: words.map(toAlternatives), isPrefix };
}

/** Returns whether a query finds a subject with these tokens. */
export function isFoundBy({ words, isPrefix }: SearchQuery, tokens: readonly string[]): boolean {
  const has = (wanted: string) =>
    isPrefix ? tokens.some((token) => token.startsWith(wanted)) : tokens.includes(wanted);
  return words.every((word) => word.some(has));
}

/** Returns the token by which a shop, or an operator, finds a value. */
export function valueToken(scope: string, value: string): string {
  return `${scope}/${normalize(value)}`;
}

/** Returns the token of an id of this system. */
export function idToken(id: string): string {
  return `#${normalize(id)}`;
}

function withWords(value: string): string[] {
  const normal = normalize(value);
  const words = splitBlanks(normal);
  if (normal === '') return [];
  return words.length > 1 ? [normal, ...words.slice(0, WORDS_MAX)] : [normal];
}

function splitBlanks(text: string): string[] {
  return text.split(' ').filter(Boolean);
}

/** Removes differences of case, width and blanks, and truncates long texts. */
function normalize(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
  return folded.slice(0, TOKEN_LENGTH_MAX);
}

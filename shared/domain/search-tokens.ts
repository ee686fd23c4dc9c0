/** Longer values are cut, both in the index and in queries. */
const TOKEN_LENGTH_MAX = 200;
/** Words of one value that are indexed separately. */
const WORDS_MAX = 10;

/** The scope of tokens that only operators search. */
export const OPERATORS_SCOPE = '*';

/** The values by which a subject is found, from which its tokens are made. */
export interface SearchTerms {
  /** Ids of this system, which are unique by themselves. */
  readonly ids: readonly string[];
  /** Values that people chose, which many subjects can share: buyers, SKUs, references. */
  readonly values: readonly string[];
  /** Shops that can search the values. Operators can search all. */
  readonly shopIds: readonly string[];
  /** Facts to filter by, e.g. `{ status: 'rejected' }`. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the tokens of a subject. An id is one token. A value is one for each scope, so that a shop
 * that searches for `TEE-S` never reads through the orders of other shops with that SKU.
 */
export function toTokens({ ids, values, shopIds, facts }: SearchTerms): string[] {
  const scopes = [OPERATORS_SCOPE, ...shopIds];
  const texts = [...new Set(values.flatMap(withWords))];
  return [
    ...new Set([
      ...ids.map(idToken),
      ...scopes.flatMap((scope) => texts.map((text) => `${scope}/${text}`)),
      ...Object.entries(facts).flatMap(([name, each]) =>
        each.map((value) => factToken(name, value)),
      ),
    ]),
  ];
}

/** Returns the token of a fact, e.g. of `status` and `rejected`. */
export function factToken(name: string, value: string): string {
  return `=${name}:${value}`;
}

/** Alternatives of one word of a query: a subject with any of these tokens has the word. */
export type QueryWord = readonly string[];

/** A parsed query. */
export interface SearchQuery {
  /** A subject must have all of them; the whole query is the only one if it is a prefix. */
  readonly words: readonly QueryWord[];
  /** Whether the query ends in `*`: then tokens that begin with the word match. */
  readonly isPrefix: boolean;
}

/**
 * Parses the query of a caller that searches a scope. A value of several words is found by these
 * words, which are tokens too.
 */
export function parseSearch(text: string, scope: string): SearchQuery {
  const isPrefix = text.endsWith('*');
  const normal = normalize(isPrefix ? text.slice(0, -1) : text);
  const words = isPrefix ? [normal] : splitBlanks(normal).slice(0, WORDS_MAX);
  return { words: words.map((word) => [idToken(word), `${scope}/${word}`]), isPrefix };
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

/** Case, width and blanks do not matter. */
function normalize(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
  return folded.slice(0, TOKEN_LENGTH_MAX);
}

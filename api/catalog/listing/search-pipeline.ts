import {
  type Lookup,
  NEIGHBOURS_MAX,
  QUERY_WORDS_MAX,
} from '../../../shared/domain/search-lookups.ts';
import { folded, skuWord } from '../../../shared/domain/search-words.ts';
import { beyond, type Condition, type OrderKey, sortOf } from './orders.ts';
import { conditionsOfOrder, type Stretch } from './positions.ts';

/** Of each word no more products are ranked than these, the best ones for that word. */
const CANDIDATES_MAX = 10_000;
/** What a word is worth that only begins so, or is joined; a whole one in a title is 5 to 11. */
const PART_SCORE = 1;
/**
 * What a word is worth at most that is not in the title. The text index counts a SKU as much as a
 * title, and a seller can call a SKU whatever is searched for.
 */
const BESIDE_TITLE_SCORE_MAX = 3;
const SKU_SCORE = 100;
/** Scores are sums, and sums of fractions depend on their order. */
const SCORE_DIGITS = 4;
/** English endings are no longer than this; what is left of a word is no shorter than that. */
const ENDING_LENGTH_MAX = 4;
const STEM_LENGTH_MIN = 3;
/** No string that begins with a word comes after the word and this. */
const LAST_CHARACTER = '\u{10FFFF}';
const LISTED = /^listed\.(?<name>\w+)$/;

/**
 * Which words a product has is summed up in one number, with a digit for each word that counts the
 * lookups that found it: text, beginning, neighbours, SKU. One sum costs the database a third of
 * what an accumulator for each word does. The number is exact, for it has few digits.
 */
const DIGIT = 16;
if (NEIGHBOURS_MAX + 3 >= DIGIT || DIGIT ** QUERY_WORDS_MAX > Number.MAX_SAFE_INTEGER) {
  throw new RangeError('A number cannot hold which words a product has.');
}

/** What is ranked. */
export interface Ranking {
  readonly query: string;
  readonly words: readonly string[];
  readonly lookups: readonly Lookup[];
  readonly conditions: readonly Condition[];
  /** Whether all of it is in one shop, so that a SKU is that shop's own. */
  readonly isOfOneShop: boolean;
}

type Stage = Readonly<Record<string, unknown>>;

/** As ranges and not as expressions, for those would look at the word itself each time it occurs. */
export function conditionOf(lookup: Lookup): Condition {
  if ('text' in lookup) return { $text: { $search: lookup.text } };
  const longer = lookup.beginnings.map((beginning) => ({
    'listed.words': { $elemMatch: { $gt: beginning, $lt: beginning + LAST_CHARACTER } },
  }));
  return { $or: [{ 'listed.words': { $in: lookup.words } }, ...longer] };
}

/** All of a ranking; what comes out has `has`, of which `wordsIn` tells the words. */
export function rankingStages(
  ranking: Ranking,
  order: readonly OrderKey[],
  coll: string,
  { after, limit }: Stretch,
): Stage[] {
  const [first = [], ...others] = lookupPipelines(ranking, order);
  return [
    ...first,
    ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } })),
    ...together(ranking, order),
    ...(after === undefined ? [] : [{ $match: beyond(order, after) }]),
    { $sort: sortOf(order) },
    { $limit: limit },
  ];
}

/** The places of the words that a product has. */
export function wordsIn({ has = 0 }: { readonly has?: number }): number[] {
  const places = [...Array(QUERY_WORDS_MAX).keys()];
  return places.filter((at) => Math.floor(has / DIGIT ** at) % DIGIT > 0);
}

/** One pipeline for each way in which a product can be found, with what it is worth. */
function lookupPipelines(ranking: Ranking, order: readonly OrderKey[]): Stage[][] {
  const { query, words, lookups, conditions, isOfOneShop } = ranking;
  const listed = order.filter(({ field }) => LISTED.test(field)).map(({ field }) => [field, 1]);
  const found = (condition: Condition, best: readonly Stage[], worth: Condition) => [
    { $match: { $and: [condition, ...conditions] } },
    ...best,
    { $limit: CANDIDATES_MAX },
    { $project: { ...Object.fromEntries(listed), ...worth } },
  ];
  const textScore = { $meta: 'textScore' };
  const pipelines = lookups.map((lookup) => {
    const has = { $literal: sumOf(lookup.stands) };
    if (!('text' in lookup)) {
      return found(conditionOf(lookup), [], { has, score: { $literal: PART_SCORE }, parts: ONE });
    }
    const score = titleFirst(lookup.text, textScore);
    return found(conditionOf(lookup), [{ $sort: { score: textScore } }], {
      has,
      score,
      texts: ONE,
    });
  });
  // A whole SKU has all of the words, and never more than that. Only in its own shop it comes
  // first: a shop's SKU must not come before what all the others call so.
  const sku = found({ 'listed.words': skuWord(query) }, [], {
    has: { $literal: sumOf([...words.keys()]) },
    score: { $literal: isOfOneShop ? SKU_SCORE : BESIDE_TITLE_SCORE_MAX },
    parts: ONE,
  });
  return [...pipelines, sku];
}

const ONE = { $literal: 1 };

function sumOf(places: readonly number[]): number {
  return places.reduce((sum, at) => sum + DIGIT ** at, 0);
}

function titleFirst(word: string, textScore: unknown) {
  const letters = folded(word);
  const stem = letters.slice(0, Math.max(STEM_LENGTH_MIN, letters.length - ENDING_LENGTH_MAX));
  const isInTitle = { $gte: [{ $indexOfCP: [{ $ifNull: ['$listed.title', ''] }, stem] }, 0] };
  return { $cond: [isInTitle, textScore, { $min: [textScore, BESIDE_TITLE_SCORE_MAX] }] };
}

/** One document for each product: how many different words it has, and what they are worth. */
function together({ words }: Ranking, order: readonly OrderKey[]): Stage[] {
  const listed = order.flatMap(({ field }) => LISTED.exec(field)?.groups?.['name'] ?? []);
  const kept = listed.map((name) => [name, { $first: `$listed.${name}` }]);
  const shown = listed.map((name) => [name, `$${name}`]);
  const sums = ['has', 'score', 'texts', 'parts'].map((name) => [name, { $sum: `$${name}` }]);
  const digits = [...words.keys()].map((at) => ({
    $cond: [{ $gte: [{ $mod: ['$has', DIGIT ** (at + 1)] }, DIGIT ** at] }, 1, 0],
  }));
  return [
    { $group: { _id: '$_id', ...Object.fromEntries([...sums, ...kept]) } },
    {
      $project: {
        has: 1,
        // Every word is looked for in texts once, so digits matter to those alone, fewer by far,
        // that were found otherwise too.
        matched: { $cond: [{ $eq: ['$parts', 0] }, '$texts', { $sum: digits }] },
        score: { $round: ['$score', SCORE_DIGITS] },
        ...(shown.length > 0 && { listed: Object.fromEntries(shown) }),
      },
    },
    // Not what was found by a word alone that may as well say nothing, or is not listed yet.
    { $match: { $and: [{ matched: { $gt: 0 } }, ...conditionsOfOrder(order)] } },
  ];
}

import { searchWordsOf, skuWord } from '../../../shared/domain/search-words.ts';
import type { Store } from '../../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import { beyond, type Condition, type OrderKey, type Sort, searchOrder, sortOf } from './orders.ts';
import { conditionsOfOrder, type Position, positionOf, type Stretch } from './positions.ts';

/** Of each word no more products are ranked than these, the best ones for that word. */
const CANDIDATES_MAX = 10_000;
/** What a word that only begins with the one looked for is worth; a whole one is worth 5 to 11. */
const PREFIX_SCORE = 1;
const SKU_SCORE = 100;
/** Scores are sums, and sums of fractions depend on their order. */
const SCORE_DIGITS = 4;
const ONE_WORD = { word: { $literal: 1 } };
const LAST_WORD = { lastWord: { $literal: 1 } };
const LISTED = /^listed\.(?<name>\w+)$/;

interface Search {
  readonly query: string;
  readonly sort: Sort;
  readonly conditions: readonly Condition[];
}

type Stage = Readonly<Record<string, unknown>>;

/**
 * Ranks what a query finds: first by how many of its words a product has, then by the sum of the
 * scores that MongoDB's text index gives each of them. Since that index knows no "all words" and
 * no beginnings of words, each word is looked up by itself, the last one also as a beginning, and
 * the whole query as a SKU; the results are put together by the database in one round trip.
 * With another order than by relevance only those with the most words are listed: what has half of
 * them would come first else.
 */
export async function searchPositions(
  store: Store,
  search: Search,
  stretch: Stretch,
): Promise<Position[]> {
  const order = searchOrder(search.sort);
  const [first, ...others] = lookupsOf(search, order);
  if (first === undefined) return [];
  const coll = store.products.collection.collectionName;
  const stages = [
    ...first,
    ...others.map((pipeline) => ({ $unionWith: { coll, pipeline } })),
    ...together(order),
    ...from(order, stretch),
  ];
  const found = await store.products.collection
    .aggregate(stages as never[], { maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
  const positions = found.map((document) => positionOf(document, order));
  if (search.sort === 'relevance') return positions;
  const most = stretch.after?.[0] ?? positions[0]?.place[0];
  return positions.filter(({ place }) => place[0] === most);
}

/** One pipeline for each way in which a product can be found, and how many words that counts. */
function lookupsOf({ query, conditions }: Search, order: readonly OrderKey[]): Stage[][] {
  const { words, prefix } = searchWordsOf(query);
  if (words.length === 0) return [];
  const listed = conditionsOfOrder(order);
  const fields = Object.fromEntries(listed.flatMap(Object.keys).map((field) => [field, 1]));
  const matching = (condition: Condition) => ({
    $match: { $and: [condition, ...conditions, ...listed] },
  });
  const worth = (score: unknown, counted: Condition) => ({
    $project: { ...fields, score, ...counted },
  });
  const textScore = { $meta: 'textScore' };
  const whole = words.map((word, index) => [
    matching({ $text: { $search: word } }),
    { $sort: { score: textScore } },
    { $limit: CANDIDATES_MAX },
    // The last word is counted once, though it is looked for in two ways.
    worth(textScore, index === words.length - 1 ? LAST_WORD : ONE_WORD),
  ]);
  const indexed = (condition: unknown, score: number, counted: Condition) => [
    matching({ 'listed.words': condition }),
    { $limit: CANDIDATES_MAX },
    worth({ $literal: score }, counted),
  ];
  const sku = indexed(skuWord(query), SKU_SCORE, ONE_WORD);
  if (prefix === undefined) return [...whole, sku];
  // A word is letters and digits, so nothing in it means anything to a regular expression.
  return [...whole, indexed({ $regex: `^${prefix}` }, PREFIX_SCORE, LAST_WORD), sku];
}

/** One document for each product: how many different words found it, and what they are worth. */
function together(order: readonly OrderKey[]): Stage[] {
  const listed = order.flatMap(({ field }) => LISTED.exec(field)?.groups?.['name'] ?? []);
  const kept = listed.map((name) => [name, { $first: `$listed.${name}` }]);
  const shown = listed.map((name) => [name, `$${name}`]);
  return [
    {
      $group: {
        _id: '$_id',
        words: { $sum: '$word' },
        lastWord: { $max: '$lastWord' },
        score: { $sum: '$score' },
        ...Object.fromEntries(kept),
      },
    },
    {
      $project: {
        matched: { $add: ['$words', { $ifNull: ['$lastWord', 0] }] },
        score: { $round: ['$score', SCORE_DIGITS] },
        ...(shown.length > 0 && { listed: Object.fromEntries(shown) }),
      },
    },
  ];
}

function from(order: readonly OrderKey[], { after, limit }: Stretch): Stage[] {
  return [
    ...(after === undefined ? [] : [{ $match: beyond(order, after) }]),
    { $sort: sortOf(order) },
    { $limit: limit },
  ];
}

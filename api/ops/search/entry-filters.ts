import {
  factToken,
  OPERATORS_SCOPE,
  parseSearch,
  type SearchQuery,
  toOutcome,
} from '../../../shared/domain/search-tokens.ts';
import { REJECTION_CODES } from '../../../shared/domain/vocabulary.ts';
import { matching } from '../../../shared/search/find-entries.ts';
import type { SearchRecord } from '../../../shared/store/collections/search.ts';
import type { Filter } from '../../../shared/store/typed-collection.ts';
import { checkoutStatus } from '../../carts/schemas.ts';
import { orderStatus } from '../../orders/schemas.ts';

/** The filters of an operator's search. A search without filters finds everything. */
export interface RecordFilters {
  readonly q?: string | undefined;
  readonly kind?: 'checkout' | 'order' | undefined;
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly shopId?: string | undefined;
  /** Received or placed at this moment or later. */
  readonly from?: Date | undefined;
  /** Received or placed before this moment. */
  readonly to?: Date | undefined;
}

/** A search of the index. */
export interface EntrySearch {
  readonly query: SearchQuery | undefined;
  readonly filters: readonly Filter<SearchRecord>[];
  readonly index: 'search_by_token' | 'search_by_time';
}

interface Outcome {
  readonly kind: SearchRecord['kind'];
  readonly status: string;
  readonly reason?: string;
}

/** Every outcome that an entry can have. */
const OUTCOMES: readonly Outcome[] = [
  ...checkoutStatus.options.map((status) => ({ kind: 'checkout', status }) as const),
  ...REJECTION_CODES.map((reason) => ({ kind: 'checkout', status: 'rejected', reason }) as const),
  ...orderStatus.options.map((status) => ({ kind: 'order', status }) as const),
];

/**
 * Returns the search of the index for these filters; undefined if no entry can match them. The
 * index is read by one token, and all entries with this token are checked for the other filters.
 * Therefore the words of a query are looked up together with the outcomes that the other filters
 * allow.
 */
export function toEntrySearch(filters: RecordFilters): EntrySearch | undefined {
  const { q, kind, status, from, to } = filters;
  const outcomes = OUTCOMES.filter((outcome) => fits(outcome, filters));
  if (outcomes.length === 0) return undefined;
  const times: Filter<SearchRecord>[] = [
    ...(from === undefined ? [] : [{ at: { $gte: from } }]),
    ...(to === undefined ? [] : [{ at: { $lt: to } }]),
  ];
  if (q === undefined) {
    const facts = listFacts(filters, outcomes);
    const index = facts.length === 0 ? 'search_by_time' : 'search_by_token';
    return { query: undefined, filters: [{}, ...facts, ...times], index };
  }
  const names = outcomes.map((outcome) => toOutcome(outcome.status, outcome.reason));
  const query = parseSearch(q, OPERATORS_SCOPE, names);
  return {
    query,
    filters: [
      matching(query),
      ...times,
      ...(kind === undefined ? [] : [{ kind }]),
      ...(status === undefined ? [] : [{ status }]),
      ...listTokens(filters).map((token) => ({ $expr: { $in: [token, '$tokens'] } })),
    ],
    index: 'search_by_token',
  };
}

function fits(outcome: Outcome, { kind, status, reason }: RecordFilters): boolean {
  return (
    (kind === undefined || outcome.kind === kind) &&
    (status === undefined || outcome.status === status) &&
    (reason === undefined || outcome.reason === reason)
  );
}

/**
 * Lists the filters by token of a search without a query. A reason belongs to one status, and a
 * status to one kind.
 */
function listFacts(filters: RecordFilters, outcomes: readonly Outcome[]): Filter<SearchRecord>[] {
  const { kind, status, reason } = filters;
  const facts: Filter<SearchRecord>[] = listTokens(filters).map((tokens) => ({ tokens }));
  if (reason !== undefined || (kind ?? status) === undefined) return facts;
  const statuses = [...new Set(outcomes.map((outcome) => factToken('status', outcome.status)))];
  return [...facts, { tokens: { $in: statuses } }];
}

/** Lists the tokens that an entry must have in addition to the tokens of the query. */
export function listTokens({ reason, shopId }: RecordFilters): string[] {
  return Object.entries({ reason, shop: shopId }).flatMap(([name, value]) =>
    value === undefined ? [] : [factToken(name, value)],
  );
}

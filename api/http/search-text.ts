import { SEARCH_LENGTH_MAX } from '../../shared/contract/limits.ts';
import { humanText } from '../../shared/contract/text.ts';

const PREFIX_LENGTH_MIN = 3;

/** The text of a search in checkouts and orders. With an asterisk at the end it is a prefix. */
export const searchText = humanText(SEARCH_LENGTH_MAX).refine(
  (text) => !text.endsWith('*') || text.length > PREFIX_LENGTH_MIN,
  `A prefix needs at least ${PREFIX_LENGTH_MIN} characters before the asterisk.`,
);

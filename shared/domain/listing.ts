import { folded, productWords } from './search-words.ts';

/** What lists of products sort and search by; all of it follows from the product. */
export interface Listing {
  /** The lowest price of its variants, in minor units. */
  readonly price: number;
  /** How the title is sorted: without case and accents, and not further than sorting needs. */
  readonly title: string;
  /** Words by which it is found, those of its title also joined, and its whole SKUs. */
  readonly words: readonly string[];
  /** Options, attributes and titles of variants, for the full-text index. */
  readonly details: string;
}

interface Listed {
  readonly title: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly variants: readonly {
    readonly sku: string;
    readonly title?: string | undefined;
    readonly price: number;
    readonly options?: Readonly<Record<string, string>> | undefined;
  }[];
}

const SORTED_LENGTH_MAX = 80;
const DETAILS_LENGTH_MAX = 2_000;

/** Derives what a product is listed by. It is to be derived anew whenever the product changes. */
export function listingOf({ title, attributes, variants }: Listed): Listing {
  const variantTexts = variants.flatMap((variant) => [
    ...(variant.title === undefined ? [] : [variant.title]),
    ...Object.values(variant.options ?? {}),
  ]);
  const details = [...new Set([...variantTexts, ...textsOf(attributes)])];
  return {
    price: Math.min(...variants.map((variant) => variant.price)),
    title: [...folded(title).trim()].slice(0, SORTED_LENGTH_MAX).join(''),
    words: productWords(
      title,
      variants.map((variant) => variant.sku),
      details,
    ),
    details: [...details.join(' ')].slice(0, DETAILS_LENGTH_MAX).join(''),
  };
}

function textsOf(attributes: Readonly<Record<string, unknown>>): string[] {
  return Object.values(attributes)
    .flat()
    .filter((value) => typeof value === 'string');
}

import { foldText } from './fold-text.ts';
import { productWords } from './search-words.ts';
import { splitWords } from './split-words.ts';

/** The members by which lists of products sort and search; all are derived from the product. */
export interface Listing {
  /** The lowest price of its variants, in minor units. */
  readonly price: number;
  /** The title without case and accents, truncated to what sorting needs. */
  readonly title: string;
  /** The number of words in the title; among equal matches the shortest title comes first. */
  readonly length: number;
  /** The entries by which search finds the product; `MARKS` lists their kinds. */
  readonly words: readonly string[];
  /** The tags without case and accents; absent if there are none. */
  readonly tags?: readonly string[];
}

/** The fields of a product that its listing depends on. */
interface ListedProduct {
  readonly title: string;
  readonly description?: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[] | undefined;
  readonly variants: readonly {
    readonly sku: string;
    readonly title?: string | undefined;
    readonly price: number;
    readonly options?: Readonly<Record<string, string>> | undefined;
  }[];
}

const SORTED_LENGTH_MAX = 80;

/** Derives the listing of a product. Call it again whenever the product changes. */
export function makeListing(product: ListedProduct): Listing {
  const { title, description, attributes, variants, tags = [] } = product;
  const variantTexts = variants.flatMap((variant) => [
    ...(variant.title === undefined ? [] : [variant.title]),
    ...Object.values(variant.options ?? {}),
  ]);
  return {
    price: Math.min(...variants.map((variant) => variant.price)),
    title: [...foldText(title).trim()].slice(0, SORTED_LENGTH_MAX).join(''),
    length: splitWords(title).length,
    words: productWords({
      title,
      description,
      skus: variants.map((variant) => variant.sku),
      details: [...new Set([...variantTexts, ...listTexts(attributes), ...tags])],
    }),
    ...(tags.length > 0 && { tags: tags.map(toTagKey) }),
  };
}

/** Returns the form in which tags are compared: without case and accents, unless that is empty. */
export function toTagKey(tag: string): string {
  return foldText(tag).trim() || tag;
}

function listTexts(attributes: Readonly<Record<string, unknown>>): string[] {
  return Object.values(attributes)
    .flat()
    .filter((value) => typeof value === 'string');
}

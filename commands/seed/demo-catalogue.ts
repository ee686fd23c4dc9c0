import type { ProductIds } from '../../api/catalog/create-product.ts';
import type { ProductRequest } from '../../api/catalog/schemas.ts';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

/** A product of the demo shop; `onHand` is the initial stock of each of its variants. */
export interface DemoProduct {
  readonly request: ProductRequest;
  readonly onHand: number;
  /** Set if the examples in the API's documentation name the product. */
  readonly ids?: ProductIds;
}

/** The product types: their attributes, and the option that distinguishes the variants. */
const TYPES = {
  clothing: {
    attributes: (material: string) => ({ material, audience: 'unisex' }),
    option: 'size',
    choices: { S: 'Small', M: 'Medium', L: 'Large' },
  },
  electronics: {
    attributes: (model: string) => ({ model, warrantyMonths: 24 }),
    option: 'colour',
    choices: { BLK: 'Black', WHT: 'White' },
  },
  furniture: {
    attributes: (room: string) => ({ room, needsAssembly: true }),
    option: 'wood',
    choices: { OAK: 'Oak', WAL: 'Walnut' },
  },
} as const;

/**
 * The products by type; `about` is the argument of `attributes` in TYPES. The first product has
 * plenty of stock, the last product hardly any.
 */
const PRODUCTS = {
  clothing: [
    { title: 'Heavy cotton T-shirt', about: 'cotton', sku: 'TEE', price: 1_900, onHand: 10_000 },
    { title: 'Merino jumper', about: 'merino wool', sku: 'JUM', price: 8_900, onHand: 400 },
    { title: 'Waxed rain jacket', about: 'waxed cotton', sku: 'JAC', price: 15_900, onHand: 120 },
    { title: 'Ribbed socks, pair', about: 'cotton', sku: 'SOC', price: 900, onHand: 5_000 },
  ],
  electronics: [
    { title: 'Desk lamp', about: 'DL-2', sku: 'LMP', price: 4_500, onHand: 800 },
    { title: 'Kettle, 1.7 l', about: 'KT-17', sku: 'KET', price: 3_900, onHand: 600 },
    { title: 'Headphones', about: 'HP-5', sku: 'HPH', price: 12_900, onHand: 300 },
    { title: 'Kitchen radio', about: 'KR-1', sku: 'RAD', price: 6_900, onHand: 250 },
  ],
  furniture: [
    { title: 'Dining chair', about: 'dining room', sku: 'CHR', price: 11_900, onHand: 500 },
    { title: 'Bookcase, five shelves', about: 'study', sku: 'BKC', price: 24_900, onHand: 90 },
    { title: 'Bedside table', about: 'bedroom', sku: 'BED', price: 9_900, onHand: 200 },
    { title: 'Writing desk', about: 'study', sku: 'DSK', price: 34_900, onHand: 10 },
  ],
} as const;

/** The ids that the documentation's examples contain. They belong to the first product. */
const DOCUMENTED: ProductIds = {
  product: EXAMPLE_IDS.product,
  variants: [EXAMPLE_IDS.variant, EXAMPLE_IDS.secondVariant, EXAMPLE_IDS.thirdVariant],
};

/** The products of the demo shop, each with a variant per size, colour or wood. */
export const DEMO_CATALOGUE: readonly DemoProduct[] = (
  ['clothing', 'electronics', 'furniture'] as const
)
  .flatMap((type) => PRODUCTS[type].map((product) => ({ type, ...product })))
  .map(({ type, title, about, sku, price, onHand }, index) => {
    const { attributes, option, choices } = TYPES[type];
    const variants = Object.entries(choices).map(([suffix, choice]) => ({
      sku: `${sku}-${suffix}`,
      title: choice,
      price,
      currency: 'GBP',
      options: { [option]: choice },
    }));
    const request = { title, type, attributes: attributes(about), variants };
    return { request, onHand, ...(index === 0 && { ids: DOCUMENTED }) };
  });

import type { ProductIds } from '../../api/catalog/create-product.ts';
import type { ProductRequest } from '../../api/catalog/schemas.ts';
import { EXAMPLE_IDS } from '../../shared/contract/example-ids.ts';

/** A product of the demo shop; `onHand` is what each of its variants has in stock at first. */
export interface DemoProduct {
  readonly request: ProductRequest;
  readonly onHand: number;
  /** Given where the examples of the API's description name it. */
  readonly ids?: ProductIds;
}

type Variant = ProductRequest['variants'][number];

/** One variant for each size or finish: its SKU is the product's and a suffix. */
function toVariants(
  sku: string,
  price: number,
  option: string,
  choices: Readonly<Record<string, string>>,
): Variant[] {
  return Object.entries(choices).map(([suffix, choice]) => ({
    sku: `${sku}-${suffix}`,
    title: choice,
    price,
    currency: 'GBP',
    options: { [option]: choice },
  }));
}

const SIZES = { S: 'Small', M: 'Medium', L: 'Large' };
const COLOURS = { BLK: 'Black', WHT: 'White' };
const WOODS = { OAK: 'Oak', WAL: 'Walnut' };

const clothing = (title: string, material: string, variants: Variant[]): ProductRequest => ({
  title,
  type: 'clothing',
  attributes: { material, audience: 'unisex' },
  variants,
});

const electronics = (title: string, model: string, variants: Variant[]): ProductRequest => ({
  title,
  type: 'electronics',
  attributes: { model, warrantyMonths: 24 },
  variants,
});

const furniture = (title: string, room: string, variants: Variant[]): ProductRequest => ({
  title,
  type: 'furniture',
  attributes: { room, needsAssembly: true },
  variants,
});

/** What the demo shop sells. The first one has plenty, the last one is nearly gone. */
export const DEMO_CATALOGUE: readonly DemoProduct[] = [
  {
    request: clothing('Heavy cotton T-shirt', 'cotton', toVariants('TEE', 1_900, 'size', SIZES)),
    onHand: 10_000,
    ids: {
      product: EXAMPLE_IDS.product,
      variants: [EXAMPLE_IDS.variant, EXAMPLE_IDS.secondVariant, EXAMPLE_IDS.thirdVariant],
    },
  },
  {
    request: clothing('Merino jumper', 'merino wool', toVariants('JUM', 8_900, 'size', SIZES)),
    onHand: 400,
  },
  {
    request: clothing(
      'Waxed rain jacket',
      'waxed cotton',
      toVariants('JAC', 15_900, 'size', SIZES),
    ),
    onHand: 120,
  },
  {
    request: clothing('Ribbed socks, pair', 'cotton', toVariants('SOC', 900, 'size', SIZES)),
    onHand: 5_000,
  },
  {
    request: electronics('Desk lamp', 'DL-2', toVariants('LMP', 4_500, 'colour', COLOURS)),
    onHand: 800,
  },
  {
    request: electronics('Kettle, 1.7 l', 'KT-17', toVariants('KET', 3_900, 'colour', COLOURS)),
    onHand: 600,
  },
  {
    request: electronics('Headphones', 'HP-5', toVariants('HPH', 12_900, 'colour', COLOURS)),
    onHand: 300,
  },
  {
    request: electronics('Kitchen radio', 'KR-1', toVariants('RAD', 6_900, 'colour', COLOURS)),
    onHand: 250,
  },
  {
    request: furniture('Dining chair', 'dining room', toVariants('CHR', 11_900, 'wood', WOODS)),
    onHand: 500,
  },
  {
    request: furniture('Bookcase, five shelves', 'study', toVariants('BKC', 24_900, 'wood', WOODS)),
    onHand: 90,
  },
  {
    request: furniture('Bedside table', 'bedroom', toVariants('BED', 9_900, 'wood', WOODS)),
    onHand: 200,
  },
  {
    request: furniture('Writing desk', 'study', toVariants('DSK', 34_900, 'wood', WOODS)),
    onHand: 10,
  },
];

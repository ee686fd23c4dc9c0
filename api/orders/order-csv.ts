import { sumCharges } from '../../shared/domain/charges.ts';
import type { viewOrder } from '../../shared/views/order-view.ts';
import {
  BYTE_ORDER_MARK,
  type CsvStyle,
  writeRow,
} from '../catalog/import-export/csv/write-row.ts';

type ShownOrder = ReturnType<typeof viewOrder>;
type ShownLine = ShownOrder['lines'][number];
/** Fields that only orders with reductions have. */
interface Reduced {
  readonly amountDue?: number;
  readonly refunded?: number;
}
type Cells<Shown> = Readonly<Record<string, (shown: Shown) => string | number | undefined>>;

/**
 * Columns of the order itself. Only the first row of an order has values in them, so that the sum
 * of a column is right.
 */
const ORDER_COLUMNS: Cells<ShownOrder> = {
  checkoutId: ({ checkoutId }) => checkoutId,
  status: ({ status }) => status,
  placedAt: ({ placedAt }) => placedAt,
  reservedUntil: ({ reservedUntil }) => reservedUntil,
  buyerId: ({ buyerId }) => buyerId,
  shopId: ({ shopId }) => shopId,
  currency: ({ currency }) => currency,
  subtotal: ({ subtotal }) => subtotal,
  discount: ({ discount }) => discount,
  discountCodes: ({ discounts = [] }) => discounts.map(({ code }) => code).join(' '),
  charges: ({ charges }) => charges && sumCharges(charges),
  total: ({ total }) => total,
  amountDue: (order) => (order as Reduced).amountDue,
  refunded: (order) => (order as Reduced).refunded,
  paymentReference: ({ paymentReference }) => paymentReference,
  carrier: ({ carrier }) => carrier,
  trackingReference: ({ trackingReference }) => trackingReference,
  ownReference: ({ ownReference }) => ownReference,
  ...Object.fromEntries(
    ['name', 'line1', 'line2', 'city', 'region', 'postalCode', 'country'].map((field) => [
      `shippingAddress.${field}`,
      ({ shippingAddress }: ShownOrder) => shippingAddress?.[field],
    ]),
  ),
  'contact.email': ({ contact }) => contact?.email,
  'contact.phone': ({ contact }) => contact?.phone,
  'contact.name': ({ contact }) => contact?.name,
  note: ({ note }) => note,
};

const LINE_COLUMNS: Cells<ShownLine> = {
  variantId: ({ variantId }) => variantId,
  productId: ({ productId }) => productId,
  sku: ({ sku }) => sku,
  title: ({ title }) => title,
  quantity: ({ quantity }) => quantity,
  unitPrice: ({ unitPrice }) => unitPrice,
  lineDiscount: ({ discount }) => discount,
  cancelled: ({ cancelled }) => cancelled,
  returned: ({ returned }) => returned,
  lost: ({ lost }) => lost,
};

/** Writes orders as CSV, with a row for each line of an order. */
export class OrderCsv {
  readonly #style: CsvStyle;

  constructor(style: CsvStyle) {
    this.#style = style;
  }

  header(): string {
    const columns = ['id', ...Object.keys(ORDER_COLUMNS), ...Object.keys(LINE_COLUMNS)];
    return (this.#style.bom ? BYTE_ORDER_MARK : '') + writeRow(columns, this.#style);
  }

  /** Returns the rows of an order. */
  order(order: ShownOrder): string {
    const orderCells = toCells(ORDER_COLUMNS, order);
    return order.lines
      .map((line, index) => {
        const cells = index === 0 ? orderCells : orderCells.map(() => '');
        return writeRow([order.id, ...cells, ...toCells(LINE_COLUMNS, line)], this.#style);
      })
      .join('');
  }
}

function toCells<Shown>(columns: Cells<Shown>, shown: Shown): string[] {
  return Object.values(columns).map((toCell) => String(toCell(shown) ?? ''));
}

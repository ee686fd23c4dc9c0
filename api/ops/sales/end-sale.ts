import { RefusedError } from '../../../shared/domain/errors.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import { type AuditedCaller, toAuditRecord } from '../../audit/record-audit.ts';
import { awaitSaleTimes } from '../../catalog/await-sale-times.ts';
import { changeProduct } from '../../catalog/change-product.ts';
import { READ_TIMEOUT_MS } from '../../http/bounds.ts';
import type { OpsContext } from '../context.ts';

/** A product whose sale is over. */
export interface EndedSale {
  readonly productId: string;
  readonly title: string;
  readonly saleUntil: Date;
}

/**
 * Ends the sale of a product now by setting `saleUntil`, as its seller can. Checkouts that were
 * accepted before are still settled, but workers reject waiting checkouts as `wait_over`. Does not
 * change a sale that is already over. Returns once every process refuses new checkouts.
 * @throws RefusedError not_found, product_unpublished, or not_on_sale_yet
 */
export async function endSale(
  caller: AuditedCaller<OpsContext>,
  productId: string,
): Promise<EndedSale> {
  const { clock } = caller.context;
  const shopId = await findShopId(caller.context, productId);
  // The operator acts for the shop that sells the product.
  const changer = { ...caller, principal: { ...caller.principal, shopId } };
  const target = { productId, ifMatch: undefined };
  const decide = async (current: ProductRecord) => endNow(current, clock.now());
  const changed = await changeProduct(changer, target, decide, ({ title, saleUntil }) => {
    const detail = { title, saleUntil: saleUntil?.toISOString() };
    return toAuditRecord(changer, 'ops.sale_ended', { target: productId, detail });
  });
  const { title, saleUntil } = changed.product;
  if (saleUntil === undefined) throw new Error(`the sale of ${productId} has not ended`);
  await awaitSaleTimes(caller.context, changed);
  return { productId, title, saleUntil };
}

async function findShopId({ store }: OpsContext, productId: string): Promise<string> {
  const options = { projection: { shopId: 1 }, maxTimeMS: READ_TIMEOUT_MS };
  const product = await store.products.findOne({ _id: productId }, options);
  if (product === null) throw new RefusedError('not_found', 'There is no such product.');
  return product.shopId;
}

function endNow(product: ProductRecord, now: Date): ProductRecord {
  const { status, saleFrom, saleUntil, publishAt: _, ...rest } = product;
  if (saleUntil !== undefined && saleUntil <= now) return product;
  if (status !== 'published') {
    throw new RefusedError('product_unpublished', 'The product is a draft, so it has no sale.');
  }
  if (saleFrom !== undefined && saleFrom >= now) {
    const retryAfterS = Math.ceil((saleFrom.getTime() - now.getTime()) / 1_000);
    const extra = { saleFrom: saleFrom.toISOString(), retryAfterS };
    const detail = `The sale starts at ${extra.saleFrom}, so it cannot be ended yet.`;
    throw new RefusedError('not_on_sale_yet', detail, [], extra);
  }
  // `publishAt` is removed, because the product is already published.
  return { ...rest, status, ...(saleFrom && { saleFrom }), saleUntil: now };
}

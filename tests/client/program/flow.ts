// The program of a new user: a shop signs up, sells a product, and handles every outcome.
import { ApiError, isLastunitError, Lastunit, type Order, type Outcome } from 'lastunit';
import { verifyWebhook, type WebhookEvent } from 'lastunit/webhooks';
import settings from './settings.json' with { type: 'json' };

/** Does not compile if a type is `any`. */
type Typed<Type> = 0 extends 1 & Type ? never : Type;

function check(isTrue: boolean, failure: string): asserts isTrue {
  if (!isTrue) throw new Error(failure);
}

const { baseUrl } = settings;
const unique = `client-${Date.now()}`;
const email = `${unique}@shop.example`;
const password = 'seven lamps of a harbour';
const signedUp = await new Lastunit({ baseUrl }).auth.signUp({ name: unique, email, password });
const shop = new Lastunit({ baseUrl, accessToken: signedUp.accessToken });
const scopes = ['catalog:write', 'inventory:write', 'checkouts:write', 'orders:write'] as const;
const key = await shop.apiKeys.create({ name: 'integration', scopes: [...scopes] });
const lastunit = new Lastunit({ baseUrl, apiKey: key.apiKey });

const product = await lastunit.products.create({
  title: `Linen shirt ${unique}`,
  type: 'clothing',
  variants: [{ sku: unique, price: 4_900, currency: 'GBP' }],
});
const variantId = product.variants[0]?.id;
check(variantId !== undefined, 'the product has no variant');
await lastunit.products.publish(product.id);
const adjustment = { set: 2, reason: 'delivery' };
const { level } = await lastunit.inventory.adjust(variantId, adjustment);
check(level.available === 2, 'the stock was not set');

const request = { buyerId: 'buyer-1', lines: [{ variantId, quantity: 1 }] };
const outcome: Typed<Outcome> = await lastunit.checkouts.submitAndWait(request);
check(outcome.status === 'placed', `the checkout was ${outcome.status}`);

// A key that requires signatures.
const signer = await shop.apiKeys.create({
  name: 'signing',
  scopes: [...scopes],
  requireSignature: true,
});
const { keyId, signingSecret: secret } = signer;
check(keyId !== undefined && secret !== undefined, 'the key cannot sign');
const signing = new Lastunit({ baseUrl, apiKey: signer.apiKey, signing: { keyId, secret } });
const second = await signing.checkouts.submitAndWait(request);
check(second.status === 'placed', `the signed checkout was ${second.status}`);
const unsigned = new Lastunit({ baseUrl, apiKey: signer.apiKey });
const refusal = await unsigned.orders
  .list()
  .page()
  .catch((error: unknown) => error);
check(
  refusal instanceof ApiError && refusal.code === 'invalid_signature',
  'the key needs no signature',
);

const soldOut = await lastunit.checkouts.submitAndWait(request);
check(soldOut.status === 'rejected', `the last checkout was ${soldOut.status}`);
check(soldOut.rejection.code === 'out_of_stock', soldOut.rejection.code);

const orders: Typed<Order>[] = [];
for await (const order of lastunit.orders.list({ limit: 1 })) orders.push(order);
check(orders.length === 2, `${orders.length} orders`);
const [order] = orders;
check(order !== undefined, 'no order');
const confirmed = await lastunit.orders.confirm(order.id, { paymentReference: unique });
check(confirmed.status === 'confirmed', confirmed.status);

try {
  await lastunit.checkouts.create({ ...request, lines: [{ variantId, quantity: 0 }] });
  check(false, 'a quantity of 0 was accepted');
} catch (error) {
  if (!isLastunitError(error)) throw error;
  switch (error.kind) {
    case 'api':
      check(error.code === 'invalid_request', error.code);
      check(error.errors[0]?.path === 'lines.0.quantity', 'the field is not named');
      break;
    case 'connection':
    case 'pending':
      throw error;
    default:
      error satisfies never;
  }
}

const receive: (body: string, headers: Headers) => Typed<WebhookEvent> = (body, headers) =>
  verifyWebhook(body, headers, 'whsec_c2VjcmV0');
let isRefused = false;
try {
  receive('{}', new Headers());
} catch {
  isRefused = true;
}
check(isRefused, 'an unsigned webhook was accepted');
console.log('The flow is done.');

import { Hono } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import {
  ApiError,
  isLastunitError,
  isSettled,
  Lastunit,
  type LastunitOptions,
} from '../../client/index.ts';
import {
  type BuyerDetails,
  cartPage,
  cataloguePage,
  checkoutPage,
  drawPage,
  liveScript,
  ordersPage,
  page,
  styleSheet,
} from './pages.ts';
import { describeFault, describePlace } from './texts.ts';

const PRODUCTS_MAX = 50;
const ORDERS_MAX = 50;
/** A buyer who chooses to wait for units does so for a day. */
const WAIT_MS = 24 * 3_600_000;
const COOKIE = { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 30 * 24 * 3_600 } as const;

/** A buyer's token is created for one call and its repetitions. */
const TOKEN_S = 60;

interface StorefrontOptions {
  /** Where the API is, and the key of the storefront. */
  readonly connection: Pick<LastunitOptions, 'baseUrl' | 'fetch'> & { readonly apiKey: string };
  /** Signs the cookies. With another secret, buyers lose their cookies. */
  readonly secret: string;
}

type Env = { Variables: { buyerId: string } };

/** Reads how to reach the buyer, and the note; fields that are left empty are absent. */
function readDetails(form: Readonly<Record<string, unknown>>): BuyerDetails {
  const read = (name: string) => {
    const text = form[name];
    return typeof text === 'string' && text.trim() !== '' ? { [name]: text.trim() } : {};
  };
  const contact = { ...read('name'), ...read('email'), ...read('phone') };
  return { ...(Object.keys(contact).length > 0 && { contact }), ...read('note') };
}

/** Builds the storefront: a server that sells with an API key, for buyers known by a cookie. */
export function createStorefront({ connection, secret }: StorefrontOptions): Hono<Env> {
  const lastunit = new Lastunit(connection);
  /** Returns a client that may do what the buyer may. */
  const actAs = (buyerId: string) => {
    const { apiKey: _, ...api } = connection;
    const request = { buyerId, ttlSeconds: TOKEN_S };
    const buyerToken = async () => (await lastunit.buyerTokens.create(request)).token;
    return new Lastunit({ ...api, buyerToken });
  };
  const app = new Hono<Env>();
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"], imgSrc: ['data:'] } }));
  app.use(csrf());
  app.get('/style.css', (c) => c.body(styleSheet, 200, { 'content-type': 'text/css' }));
  app.get('/live.js', (c) => c.body(liveScript, 200, { 'content-type': 'text/javascript' }));
  app.use(async (c, next) => {
    const known = await getSignedCookie(c, secret, 'buyer');
    const buyerId = typeof known === 'string' ? known : `guest-${crypto.randomUUID()}`;
    if (buyerId !== known) await setSignedCookie(c, 'buyer', buyerId, secret, COOKIE);
    c.set('buyerId', buyerId);
    await next();
  });
  const findCart = async (buyerId: string) => {
    const [newest] = await lastunit.carts.list({ buyerId }).toArray(1);
    if (newest === undefined) return undefined;
    const cart = await lastunit.carts.get(newest.id);
    return cart.isCheckedOut ? undefined : cart;
  };

  app.get('/', async (c) => {
    const q = c.req.query('q')?.trim() ?? '';
    const found = lastunit.products.list(q === '' ? {} : { q });
    return c.html(cataloguePage(await found.toArray(PRODUCTS_MAX), q));
  });
  app.get('/cart', async (c) => {
    const cart = await findCart(c.get('buyerId'));
    // The buyer sees the prices, so each change of a price is shown once.
    return c.html(cartPage(cart && (await lastunit.carts.acknowledge(cart.id))));
  });
  const addToCart = async (buyerId: string, variantId: string) => {
    const line = { variantId, quantity: 1 };
    const cart = await findCart(buyerId);
    if (cart === undefined) await lastunit.carts.create({ buyerId, lines: [line] });
    else await lastunit.carts.addLine(cart.id, line);
  };
  /** The last addition of each buyer. The next one waits for it, so that only one creates a cart. */
  const additions = new Map<string, Promise<void>>();
  app.post('/cart', async (c) => {
    const buyerId = c.get('buyerId');
    const { variantId } = await c.req.parseBody();
    const add = () => addToCart(buyerId, String(variantId));
    const addition = (additions.get(buyerId) ?? Promise.resolve()).then(add, add);
    additions.set(buyerId, addition);
    await addition.finally(() => {
      if (additions.get(buyerId) === addition) additions.delete(buyerId);
    });
    return c.redirect('/cart', 303);
  });
  app.post('/cart/remove', async (c) => {
    const { variantId } = await c.req.parseBody();
    const cart = await findCart(c.get('buyerId'));
    if (cart !== undefined) await lastunit.carts.removeLine(cart.id, String(variantId));
    return c.redirect('/cart', 303);
  });
  app.post('/checkout', async (c) => {
    const cart = await findCart(c.get('buyerId'));
    if (cart === undefined) return c.redirect('/cart', 303);
    const form = await c.req.parseBody();
    const details = readDetails(form);
    const waitUntil = new Date(Date.now() + WAIT_MS).toISOString();
    const waiting = form['wait'] === 'yes' && { whenSoldOut: { waitUntil } };
    try {
      const { id } = await lastunit.checkouts.create({ cartId: cart.id, ...details, ...waiting });
      return c.redirect(`/checkouts/${id}`, 303);
    } catch (error) {
      const first = error instanceof ApiError ? error.problem.checkoutId : undefined;
      // The form was sent twice.
      if (first !== undefined) return c.redirect(`/checkouts/${first}`, 303);
      // Faults that the buyer can correct are shown with the form.
      const fault = error instanceof ApiError ? describeFault(error) : undefined;
      if (fault === undefined) throw error;
      return c.html(cartPage(cart, details, fault), 400);
    }
  });
  const findCheckout = async (id: string, buyerId: string) => {
    const checkout = await lastunit.checkouts.get(id);
    return checkout.buyerId === buyerId ? checkout : undefined;
  };
  app.get('/checkouts/:id', async (c) => {
    const checkout = await findCheckout(c.req.param('id'), c.get('buyerId'));
    if (checkout === undefined) return c.notFound();
    if (!isSettled(checkout)) return c.html(checkoutPage(checkout));
    const orders = await Promise.all(checkout.orders.map(({ id }) => lastunit.orders.get(id)));
    return c.html(checkoutPage(checkout, orders));
  });
  app.get('/checkouts/:id/events', async (c) => {
    const checkout = await findCheckout(c.req.param('id'), c.get('buyerId'));
    if (checkout === undefined) return c.notFound();
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      const { signal } = gone;
      stream.onAbort(() => gone.abort());
      try {
        for await (const current of lastunit.checkouts.follow(checkout.id, { signal })) {
          await stream.writeSSE({ event: 'state', data: current.status });
          const place = describePlace(current);
          if (place !== '') await stream.writeSSE({ event: 'place', data: place });
        }
      } catch (error) {
        // The buyer has left the page.
        if (!signal.aborted) throw error;
      }
    });
  });
  app.post('/checkouts/:id/withdraw', async (c) => {
    const checkout = await findCheckout(c.req.param('id'), c.get('buyerId'));
    if (checkout === undefined) return c.notFound();
    try {
      await lastunit.checkouts.withdraw(checkout.id);
    } catch (error) {
      // The checkout got its units, or was refused, in the meantime: its page says so.
      if (!(error instanceof ApiError && error.code === 'checkout_settled')) throw error;
    }
    return c.redirect(`/checkouts/${checkout.id}`, 303);
  });
  app.get('/draws/:id', async (c) => {
    const draw = await lastunit.draws.get(c.req.param('id'));
    const { title } = await lastunit.products.get(draw.productId);
    return c.html(drawPage(draw, title));
  });
  app.post('/draws/:id/enter', async (c) => {
    const { id: drawId, variantId } = await lastunit.draws.get(c.req.param('id'));
    const lines = [{ variantId, quantity: 1 }];
    const { id } = await lastunit.checkouts.create({ buyerId: c.get('buyerId'), lines, drawId });
    return c.redirect(`/checkouts/${id}`, 303);
  });
  app.get('/orders', async (c) => {
    const orders = await lastunit.orders.list({ buyerId: c.get('buyerId') }).toArray(ORDERS_MAX);
    return c.html(ordersPage(orders));
  });
  app.post('/orders/:id/pay', async (c) => {
    const order = await lastunit.orders.get(c.req.param('id'));
    if (order.buyerId !== c.get('buyerId')) return c.notFound();
    // A real shop confirms when its payment provider reports the payment, with the provider's
    // reference.
    if (order.status === 'pending') {
      await lastunit.orders.confirm(order.id, { paymentReference: `demo-${order.id}` });
    }
    return c.redirect('/orders', 303);
  });
  app.post('/orders/:id/cancel', async (c) => {
    // With the key, a paid order could be cancelled too, which would need a refund. With a buyer’s
    // token it cannot be. So an order that is being paid in another tab ends paid or cancelled.
    const buyer = actAs(c.get('buyerId'));
    await buyer.orders.cancel(c.req.param('id'), { reason: 'The buyer cancelled it.' });
    return c.redirect('/orders', 303);
  });

  app.notFound((c) => c.html(page('Not found', []), 404));
  app.onError((error, c) => {
    if (error instanceof ApiError && error.status === 404) return c.notFound();
    // The refusal of a form that another site sent.
    if (error instanceof HTTPException) return error.getResponse();
    if (!isLastunitError(error)) throw error;
    const isRefusal = error instanceof ApiError && error.status < 500;
    return c.html(
      page(isRefusal ? (error.problem.detail ?? 'Refused') : 'Try again soon', []),
      isRefusal ? 409 : 503,
    );
  });
  return app;
}

import { html } from 'hono/html';
import type { Cart, Checkout, Draw, Order, Product } from '../../client/index.ts';
import {
  describeChange,
  describeCheckout,
  describeLimit,
  describeOrder,
  describePlace,
  describeSale,
  money,
  time,
} from './texts.ts';

type Html = ReturnType<typeof html>;

/** The text of /style.css. */
export const styleSheet = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
html { background: Canvas; color: CanvasText; }
a { color: LinkText; }
body { max-width: 48rem; margin: auto; padding: 1rem; }
header { display: flex; gap: 1.5rem; align-items: baseline; border-bottom: 1px solid; }
ul { list-style: none; padding: 0; }
li, tr { border-bottom: 1px solid #8885; }
li { padding: 0.75rem 0; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 0.4rem; }
button, input, select, textarea { font: inherit; padding: 0.3rem 0.6rem; max-width: 100%; box-sizing: border-box; }
.actions { display: flex; gap: 0.75rem; }
.details label { display: block; margin-top: 0.75rem; }
`;

/** The fields that a buyer adds to an order. */
export type BuyerDetails = Pick<Checkout, 'contact' | 'note'>;

/** Refusals after which a buyer can wait for units instead. */
const MAY_WAIT: readonly string[] = ['out_of_stock', 'too_many_lapsed_holds'];

/** The frame of every page. All values in a template are escaped. */
export function page(title: string, content: Html | Html[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Lamp and Linen</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><strong>Lamp and Linen</strong>
<nav aria-label="Shop"><a href="/">Catalogue</a> <a href="/cart">Cart</a> <a href="/orders">Orders</a></nav>
</header>
<main><h1>${title}</h1>${content}</main>
</body>
</html>`;
}

/**
 * The script of a checkout without an outcome: shows its place in line, and loads the page again
 * when the shown state is over.
 */
export const liveScript = `const shown = document.currentScript.dataset;
const events = new EventSource(shown.events);
events.addEventListener('state', ({ data }) => {
  if (data === shown.state) return;
  events.close();
  location.reload();
});
events.addEventListener('place', ({ data }) => {
  document.getElementById('place').textContent = data;
});
`;

/** The text of a variant's button. */
function cartLabel({ available }: Product['variants'][number]): string {
  return available === 0 ? 'Sold out' : 'Add to cart';
}

/** The products that a search found. */
export function cataloguePage(products: readonly Product[], q: string): Html {
  return page(
    'Catalogue',
    html`<form role="search"><label for="q">Search</label> <input id="q" name="q" type="search" value="${q}"> <button>Search</button></form>
<p>${products.length === 0 ? 'Nothing found.' : ''}</p>
<ul>${products.map(
      (product) => html`<li><h2>${product.title}</h2><p>${product.description ?? ''}</p>
${paragraph(describeLimit(product))}${paragraph(describeSale(product, new Date()))}
${product.variants.map((variant) => variantOffer(product, variant))}</li>`,
    )}</ul>`,
  );
}

/** The price of a variant, and the form that puts it into the cart as long as it is on sale. */
function variantOffer(product: Product, variant: Product['variants'][number]): Html {
  const name = variant.title ?? variant.sku;
  const offer = html`${name}, ${money(variant.price, variant.currency)} ${describeLimit(variant) ?? ''}`;
  if (describeSale(product, new Date()) !== undefined) return html`<p>${offer}</p>`;
  return html`<form method="post" action="/cart"><input type="hidden" name="variantId" value="${variant.id}">
${offer}
<button ${variant.available === 0 ? 'disabled' : ''} aria-label="${cartLabel(variant)}: ${product.title}, ${name}">${cartLabel(variant)}</button></form>`;
}

function paragraph(text: string | undefined): Html {
  return text === undefined || text === '' ? html`` : html`<p>${text}</p>`;
}

/** Names the buyer's own order that holds units of a variant that is otherwise sold out. */
function ownHold(hold: Cart['lines'][number]['heldByYou']): Html {
  if (hold === undefined) return html``;
  return html`<p>Your order that is not paid yet holds ${hold.quantity} of these until ${time(hold.until)}: <a href="/orders">pay or cancel it</a>.</p>`;
}

/** What has changed in the cart since its buyer saw it. */
function cartChanges({ changes, lines, currency = 'GBP' }: Cart): Html {
  if (changes.length === 0) return html``;
  return html`<section aria-label="Changes"><ul>${changes.map((change) => {
    const line = lines.find(({ variantId }) => variantId === change.variantId);
    return html`<li>${line?.title ?? change.variantId}: ${describeChange(change, currency)}${ownHold(line?.heldByYou)}</li>`;
  })}</ul></section>`;
}

/**
 * The cart, and the form that orders it.
 * @param fault why the order was refused with these details
 */
export function cartPage(cart: Cart | undefined, details: BuyerDetails = {}, fault?: string): Html {
  if (cart === undefined || cart.lines.length === 0) {
    return page('Cart', html`<p>Your cart is empty.</p>`);
  }
  return page(
    'Cart',
    html`${cartChanges(cart)}
<table><thead><tr><th scope="col">Product</th><th scope="col">Quantity</th><th scope="col"></th></tr></thead>
<tbody>${cart.lines.map(
      (line) => html`<tr><td>${line.title}</td><td>${line.quantity}</td>
<td><form method="post" action="/cart/remove"><input type="hidden" name="variantId" value="${line.variantId}"><button aria-label="Remove ${line.title}">Remove</button></form></td></tr>`,
    )}</tbody></table>
<p>Total: <strong>${money(cart.subtotal ?? 0, cart.currency ?? 'GBP')}</strong></p>
${fault === undefined ? '' : html`<p role="alert">${fault}</p>`}
<form method="post" action="/checkout" class="details">${detailFields(details)}
<p><button>Order</button></p></form>`,
  );
}

/** The fields of the buyer's contact and note. */
function detailFields({ contact = {}, note = '' }: BuyerDetails): Html {
  const { name = '', email = '', phone = '' } = contact;
  return html`<label for="name">Name</label> <input id="name" name="name" autocomplete="name" maxlength="200" value="${name}">
<label for="email">E-mail</label> <input id="email" name="email" type="email" autocomplete="email" maxlength="254" value="${email}">
<label for="phone">Phone</label> <input id="phone" name="phone" type="tel" autocomplete="tel" maxlength="40" value="${phone}">
<label for="note">Note to the seller</label> <textarea id="note" name="note" rows="3" cols="40" maxlength="2000">${note}</textarea>`;
}

/** The same fields, hidden, for ordering again. */
function hiddenDetails({ contact = {}, note }: BuyerDetails): Html[] {
  return Object.entries({ ...contact, note }).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}">`],
  );
}

/**
 * A checkout and its outcome. Without scripts the page reloads itself until there is an outcome.
 * @param orders its orders; undefined until there is an outcome
 */
export function checkoutPage(checkout: Checkout, orders?: readonly Order[]): Html {
  const { status, rejection, total, currency, note } = checkout;
  const code = rejection?.code ?? '';
  const events = `/checkouts/${encodeURIComponent(checkout.id)}/events`;
  return page(
    'Your order',
    html`<p role="status">${describeCheckout(checkout)}</p><p>${money(total, currency)}</p>
${ownHold(rejection?.heldByYou)}
${note === undefined ? '' : html`<p>Your note: ${note}</p>`}
${MAY_WAIT.includes(code) ? html`<form method="post" action="/checkout"><input type="hidden" name="wait" value="yes">${hiddenDetails(checkout)}<button>Wait for it</button></form>` : ''}
${status === 'waiting' ? withdrawal(checkout) : ''}
${orders ? html`${orderList(orders)}<p><a href="/orders">Your orders</a></p>` : html`<p id="place">${describePlace(checkout)}</p><noscript><meta http-equiv="refresh" content="2"></noscript><script src="/live.js" data-events="${events}" data-state="${status}"></script>`}`,
  );
}

/** The form that ends a wait for units, or takes an entry of a draw back. */
function withdrawal({ id, drawId }: Checkout): Html {
  const label = drawId === undefined ? 'Stop waiting' : 'Leave the draw';
  return html`<form method="post" action="/checkouts/${encodeURIComponent(id)}/withdraw"><button>${label}</button></form>`;
}

/** A draw, which buyers enter as long as it is open. */
export function drawPage(draw: Draw, title: string): Html {
  const { id, status, quantity, entryCount, closesAt } = draw;
  return page(
    `Draw: ${title}`,
    html`<p>${quantity} to win, ${entryCount} entries, ${status}. Closes ${closesAt}.</p>
${
  status === 'open'
    ? html`<form method="post" action="/draws/${encodeURIComponent(id)}/enter"><button>Enter the draw</button></form>`
    : ''
}`,
  );
}

/** The orders of the buyer. */
export function ordersPage(orders: readonly Order[]): Html {
  if (orders.length === 0) return page('Orders', html`<p>You have no orders.</p>`);
  return page('Orders', orderList(orders));
}

function orderList(orders: readonly Order[]): Html {
  if (orders.length === 0) return html``;
  return html`<ul>${orders.map((order) => {
    const what = order.lines.map((line) => `${line.quantity} × ${line.title}`).join(', ');
    return html`<li>${what}:
${money(order.total, order.currency)}, <strong>${describeOrder(order)}</strong>${paymentForms(order, what)}</li>`;
  })}</ul>`;
}

/** Until when an unpaid order is held, and the forms that pay or cancel it. */
function paymentForms({ id, status, reservedUntil }: Order, what: string): Html {
  const until = new Date(reservedUntil);
  if (status !== 'pending' || until.getTime() <= Date.now()) return html``;
  const action = `/orders/${encodeURIComponent(id)}`;
  return html`
<p>Reserved until <time datetime="${reservedUntil}">${time(reservedUntil)}</time>. If you have not paid by then, the order lapses.</p>
<div class="actions"><form method="post" action="${action}/pay"><button aria-label="Pay (demo): ${what}">Pay (demo)</button></form>
<form method="post" action="${action}/cancel"><button aria-label="Cancel: ${what}">Cancel</button></form></div>`;
}

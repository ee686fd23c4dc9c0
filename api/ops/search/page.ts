import { REJECTION_CODES } from '../../../shared/domain/vocabulary.ts';
import { checkoutStatus } from '../../carts/schemas.ts';
import { orderStatus } from '../../orders/schemas.ts';

/** Returns the page on which operators search checkouts and orders. A script shows the results. */
export function searchPage(basePath: string): string {
  const assets = `${basePath}/ops/assets`;
  return `<!doctype html>
<html lang="en" data-base="${basePath}/ops">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lastunit search</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets}/observatory.css">
<script src="${assets}/search.js" type="module"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the search</a>
<header>
<h1>Search</h1>
<nav aria-label="For operators"><a href="${basePath}/ops">Observatory</a></nav>
</header>
<main id="main" tabindex="-1">
<section aria-labelledby="search-title">
<h2 id="search-title">Checkouts and orders</h2>
<form id="search-form" class="buttons" role="search">
<label>Id, buyer, SKU or reference <input name="q" type="search" maxlength="200" autocomplete="off" autofocus></label>
<label>Status ${select('status', [...checkoutStatus.options, ...orderStatus.options])}</label>
<label>Reason ${select('reason', REJECTION_CODES)}</label>
<label>From <input name="from" type="datetime-local"></label>
<label>To <input name="to" type="datetime-local"></label>
<button disabled>Find</button>
</form>
<p id="search-result" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Search results" hidden>
<table id="found">
<thead><tr><th scope="col">Time</th><th scope="col">Status</th><th scope="col">Buyer</th>
<th scope="col">SKUs</th><th scope="col">Checkout or order</th></tr></thead>
<tbody></tbody>
</table>
</div>
<p class="buttons"><button type="button" id="more" hidden>Show more</button></p>
</section>
<section aria-labelledby="checkout-history-title" id="checkout-history" hidden>
<h2 id="checkout-history-title" tabindex="-1"></h2>
<p id="explanation"></p>
<h3>Waterfall</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Waterfall">
<table id="waterfall">
<thead><tr><th scope="col">Stage</th><th scope="col">After</th><th scope="col">Took</th>
<th scope="col">Share of the total time</th><th scope="col">Detail</th></tr></thead>
<tbody></tbody>
</table>
</div>
<h3>Timeline</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Timeline">
<table id="timeline">
<thead><tr><th scope="col">Time</th><th scope="col">Step</th><th scope="col">Subject</th>
<th scope="col">By</th><th scope="col">Reason</th></tr></thead>
<tbody></tbody>
</table>
</div>
<p><a id="raw" href="${basePath}/ops">Everything on record, as JSON</a></p>
</section>
</main>
</body>
</html>
`;
}

function select(name: string, values: readonly string[]): string {
  const options = values.map((value) => `<option>${value}</option>`).join('');
  return `<select name="${name}"><option value="">any</option>${options}</select>`;
}

import { ANNOTATION_LENGTH_MAX } from '../../../shared/contract/limits.ts';

interface PageOptions {
  readonly basePath: string;
  /** Whether the operator may make changes; otherwise the page has no controls for changes. */
  readonly isWritable: boolean;
  /** Whether the operator may judge the whole record, which slows a sale down. */
  readonly mayJudge: boolean;
  /** Whether the operator may start a demo sale. */
  readonly mayDemo: boolean;
}

/** Returns the page of the observatory. A script fills the page with the figures of the feed. */
export function observatoryPage({ basePath, isWritable, mayJudge, mayDemo }: PageOptions): string {
  const assets = `${basePath}/ops/assets`;
  return `<!doctype html>
<html lang="en" data-base="${basePath}/ops">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lastunit observatory</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets}/uplot.css">
<link rel="stylesheet" href="${assets}/observatory.css">
<script src="${assets}/uplot.js" defer></script>
<script src="${assets}/observatory.js" type="module"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>Observatory</h1>
<p id="connection" role="status">Connecting…</p>
<nav aria-label="For operators">
<a href="${basePath}/ops/search">Search</a>
<a href="${basePath}/ops/queues">Queues</a>
<a href="${basePath}/ops/verdict/latest">Latest verdict</a>
<a href="${basePath}/ops/audit">Audit log</a>
<a href="${basePath}/metrics">Metrics</a>
</nav>
</header>
<main id="main" tabindex="-1">
<div class="banner" role="status"><p id="pause" hidden></p></div>
${verdictSection(isWritable, mayJudge)}
${actionsSection(isWritable, mayDemo)}
${STOCK}
${DRAWS}
${WAITS}
${THROUGHPUT}
${QUEUE}
${marksSection(isWritable)}
${WORKERS}
${REFUSALS}
${isWritable ? SALES : ''}
${parkedSection(isWritable)}
</main>
${DIALOG}
</body>
</html>
`;
}

function verdictSection(isWritable: boolean, mayJudge: boolean): string {
  const reconcile = '<button type="button" id="reconcile">Reconcile</button>';
  const judge = '<button type="button" id="judge">Judge the whole record</button>';
  return `<section aria-labelledby="verdict-title" id="verdict" data-status="unknown">
<h2 id="verdict-title">Verdict</h2>
<p id="light" role="status"><span class="lamp" aria-hidden="true"></span><strong id="verdict-word">unknown</strong></p>
<p id="verdict-text">No verdict has arrived yet.</p>
<ul id="faults" hidden></ul>
<p class="buttons">
<button type="button" id="compare">Compare counters with orders</button>
${isWritable ? reconcile : ''}
${mayJudge ? judge : ''}
</p>
<p id="compare-result" role="status"></p>
<p id="judge-result" role="status"></p>
<ul id="differences" hidden></ul>
</section>`;
}

function actionsSection(isWritable: boolean, mayDemo: boolean): string {
  if (!isWritable && !mayDemo) return '';
  const settling = `<button type="button" data-action="pause">Pause settling</button>
<button type="button" data-action="resume">Resume settling</button>`;
  const demo = '<button type="button" data-action="demo">Start a demo sale</button>';
  return `<section aria-labelledby="actions-title" id="actions">
<h2 id="actions-title">Actions</h2>
<p class="buttons">
${isWritable ? settling : ''}
${mayDemo ? demo : ''}
</p>
<p id="action-result" role="status"></p>
</section>`;
}

const SALES = `<section aria-labelledby="sales-title">
<h2 id="sales-title">Sales</h2>
<form id="sales-form" class="buttons">
<label>Product, variant or SKU <input name="q" maxlength="200" required autocomplete="off"></label>
<button disabled>Look up</button>
</form>
<p id="sales-result" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Products on sale" hidden>
<table id="sales">
<thead><tr><th scope="col">Product</th><th scope="col">SKUs</th><th scope="col">Available</th>
<th scope="col">Sale ends</th><th scope="col">Action</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;

function parkedSection(isWritable: boolean): string {
  const replay = '<button type="button" id="replay" disabled>Replay these</button>';
  return `<section aria-labelledby="parked-title">
<h2 id="parked-title">Parked checkouts</h2>
<form id="parked-form" class="buttons">
<label>Received in the last <select name="hours"><option value="1">hour</option>
<option value="24">day</option><option value="168">week</option></select></label>
<label>Reason contains <input name="reason" maxlength="200" autocomplete="off"></label>
<button disabled>Find</button>
${isWritable ? replay : ''}
</form>
<p id="parked-result" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Parked checkouts" hidden>
<table id="parked">
<thead><tr><th scope="col">Received</th><th scope="col">Reason</th><th scope="col">Replays</th>
<th scope="col">Checkout</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;
}

const DIALOG = `<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
<form method="dialog">
<h2 id="confirm-title"></h2>
<p id="confirm-text"></p>
<p class="buttons">
<button value="cancel" autofocus>Cancel</button>
<button value="confirm" class="danger" id="confirm-button"></button>
</p>
</form>
</dialog>`;

const STOCK = `<section aria-labelledby="stock-title">
<h2 id="stock-title">Stock of the most requested variants</h2>
<p class="empty" id="stock-empty">No checkouts yet.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Stock levels" hidden>
<table id="stock">
<thead><tr><th scope="col">SKU</th><th scope="col">Available</th><th scope="col">Reserved</th>
<th scope="col">Sold</th><th scope="col">On hand</th></tr></thead>
<tbody></tbody>
</table>
</div>
<div class="charts" id="burn-down"></div>
</section>`;

const DRAWS = `<section aria-labelledby="draws-title">
<h2 id="draws-title">Draws</h2>
<p class="empty" id="draws-empty">No draws yet.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="draws-title" hidden>
<table id="draws">
<thead><tr><th scope="col">SKU</th><th scope="col">Product</th><th scope="col">Status</th>
<th scope="col">Entries</th><th scope="col">Units</th><th scope="col">Placed</th>
<th scope="col">Held</th><th scope="col">Next step</th><th scope="col">Draw</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;

const WAITS = `<section aria-labelledby="waits-title">
<h2 id="waits-title">Checkouts that wait for units</h2>
<dl class="figures">
<div><dt>Waiting</dt><dd id="waiting">–</dd></div>
<div><dt>Longest wait</dt><dd id="longest-wait">–</dd></div>
<div><dt>Began to wait in the last minute</dt><dd id="begun-waits">–</dd></div>
<div><dt>Placed in the last minute</dt><dd id="served-waits">–</dd></div>
<div><dt>Last time from freed to placed</dt><dd id="freed-to-placed">–</dd></div>
</dl>
<div class="charts"><div id="waits-chart"></div></div>
</section>`;

const THROUGHPUT = `<section aria-labelledby="throughput-title">
<h2 id="throughput-title">Checkouts</h2>
<dl class="figures">
<div><dt>Accepted</dt><dd id="accepted">–</dd></div>
<div><dt>Settled</dt><dd id="settled">–</dd></div>
<div><dt>Rejected early</dt><dd id="rejected-early">–</dd></div>
<div><dt>Refused by load</dt><dd id="shed-rate">–</dd></div>
<div><dt>p50 to outcome</dt><dd id="p50">–</dd></div>
<div><dt>p95</dt><dd id="p95">–</dd></div>
<div><dt>p99</dt><dd id="p99">–</dd></div>
</dl>
<div class="charts">
<div id="rates-chart"></div>
<div id="latency-chart"></div>
</div>
<h3>Outcomes of the last minute</h3>
<dl class="figures" id="outcomes"></dl>
<p class="empty" id="outcomes-empty">None.</p>
<h3>Requests refused by load in the last minute</h3>
<dl class="figures" id="shed"></dl>
<p class="empty" id="shed-empty">–</p>
</section>`;

const QUEUE = `<section aria-labelledby="queue-title">
<h2 id="queue-title">Queue</h2>
<dl class="figures">
<div><dt>Queued</dt><dd id="queued">–</dd></div>
<div><dt>Oldest</dt><dd id="oldest">–</dd></div>
<div><dt>Mean batch</dt><dd id="batch-mean">–</dd></div>
<div><dt>Largest batch</dt><dd id="batch-largest">–</dd></div>
<div><dt>Mean lock wait</dt><dd id="lock-mean">–</dd></div>
<div><dt>Longest lock wait</dt><dd id="lock-longest">–</dd></div>
<div><dt>Mean commit</dt><dd id="commit-mean">–</dd></div>
<div><dt>MongoDB</dt><dd id="mongodb">–</dd></div>
<div><dt>Redis</dt><dd id="redis">–</dd></div>
</dl>
<div class="charts"><div id="queued-chart"></div></div>
<div class="scroll" tabindex="0" role="region" aria-label="Partitions of the queue">
<table id="partitions">
<thead><tr><th scope="col">Partition</th><th scope="col">State</th><th scope="col">Jobs waiting</th>
<th scope="col">Active</th><th scope="col">To retry</th><th scope="col">Failed</th></tr></thead>
<tbody></tbody>
</table>
</div>
<h3 id="contended-title">Most contended products</h3>
<p class="empty" id="contended-empty">None.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="contended-title" hidden>
<table id="contended">
<thead><tr><th scope="col">Product</th><th scope="col">Checkouts seen</th>
<th scope="col">Mean lock wait</th><th scope="col">Longest</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;

function marksSection(isWritable: boolean): string {
  const form = `<form id="mark-form" class="buttons">
<label>Note <input name="text" maxlength="${ANNOTATION_LENGTH_MAX}" required autocomplete="off"></label>
<button disabled>Add a mark</button>
</form>
<p id="mark-result" role="status"></p>`;
  return `<section aria-labelledby="marks-title">
<h2 id="marks-title">Marks of the last ten minutes</h2>
<p class="empty" id="marks-empty">None.</p>
<ol id="marks" hidden></ol>
${isWritable ? form : ''}
</section>`;
}

const WORKERS = `<section aria-labelledby="workers-title">
<h2 id="workers-title">Workers</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Workers">
<table id="workers">
<thead><tr><th scope="col">Worker</th><th scope="col">State</th><th scope="col">Partitions</th>
<th scope="col">Last seen</th><th scope="col">Last pickup</th><th scope="col">Last batch</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;

const REFUSALS = `<section aria-labelledby="refusals-title">
<h2 id="refusals-title">Last refusals</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Last refusals">
<table id="refusals">
<thead><tr><th scope="col">Time</th><th scope="col">Reason</th><th scope="col">Variant</th>
<th scope="col">Checkout</th></tr></thead>
<tbody></tbody>
</table>
</div>
</section>`;

/** The charts of the observatory, drawn by `window.uPlot`, which `uplot.js` defines. */
import { placeMarks } from './marks.js';

/** Points are shown for ten minutes. */
const KEPT_MS = 600_000;
/** Points further apart are not joined by a line: nothing is known about the time between them. */
const GAP_MS = 3_000;
const HEIGHT = 180;
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Creates the charts. `restart` adds the history of the feed, `add` the figures of a moment. */
export function createCharts() {
  let points = [];
  const fixed = [
    createChart(
      'rates-chart',
      'Checkouts per second',
      ['Accepted', 'Settled', 'Rejected early', 'Refused by load'],
      ({ rates }) => [rates.accepted, rates.settled, rates.rejectedEarly, rates.shed ?? null],
    ),
    createChart(
      'latency-chart',
      'Milliseconds to the outcome',
      ['p50', 'p95', 'p99'],
      ({ latencyMs }) => [latencyMs?.p50 ?? null, latencyMs?.p95 ?? null, latencyMs?.p99 ?? null],
    ),
    createChart('queued-chart', 'Queued checkouts', ['Queued'], ({ backlog }) => [
      backlog?.queued ?? null,
    ]),
    createChart('waits-chart', 'Checkouts that wait for units', ['Waiting'], ({ waits }) => [
      waits?.waiting ?? null,
    ]),
  ];
  const burnDown = createBurnDown();
  const draw = () => {
    const shown = splitAtGaps(points);
    for (const chart of fixed) chart.draw(shown);
    burnDown.draw(shown);
  };
  const rebuild = () => {
    for (const chart of [...fixed, ...burnDown.charts()]) chart.rebuild();
    draw();
  };
  dark.addEventListener('change', rebuild);
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    // On a phone the address bar changes only the height, at every scroll.
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    rebuild();
  });
  return {
    restart: (history) => {
      points = join(points, history);
      draw();
    },
    add: (figures) => {
      points = join(points, [figures]);
      burnDown.arrange(figures.stock ?? []);
      draw();
    },
  };
}

/** Replaces all points since the first of `added`, and drops points that are too old. */
function join(points, added) {
  if (added.length === 0) return points;
  const [first, last] = [toMs(added[0]), toMs(added.at(-1))];
  const before = points.filter((point) => toMs(point) < first);
  return [...before, ...added].filter((point) => toMs(point) >= last - KEPT_MS);
}

/** Adds a point without values wherever points are missing. */
function splitAtGaps(points) {
  return points.flatMap((point, index) => {
    const previousMs = toMs(points[Math.max(0, index - 1)]);
    return toMs(point) - previousMs > GAP_MS
      ? [{ at: points[index - 1].at, isGap: true }, point]
      : [point];
  });
}

function toMs({ at }) {
  return Date.parse(at);
}

/** Creates a chart for each of the hottest variants. A chart keeps its place while it is shown. */
function createBurnDown() {
  const container = document.getElementById('burn-down');
  const charts = new Map();
  return {
    charts: () => charts.values(),
    arrange: (stock) => {
      const shown = new Set(stock.map(({ variantId }) => variantId));
      for (const [variantId, chart] of charts) {
        if (shown.has(variantId)) continue;
        chart.remove();
        charts.delete(variantId);
      }
      for (const { variantId, sku, title } of stock) {
        if (charts.has(variantId)) continue;
        const element = document.createElement('div');
        element.id = `chart-${variantId}`;
        container.append(element);
        const names = ['Available', 'Reserved', 'Sold', 'On hand'];
        const toValues = (point) => {
          const level = point.stock?.find((stocked) => stocked.variantId === variantId);
          if (level === undefined) return [null, null, null, null];
          const { onHand, reserved, sold } = level;
          return [onHand - reserved, reserved, sold, onHand];
        };
        charts.set(variantId, createChart(element.id, `${sku}: ${title}`, names, toValues));
      }
    },
    draw: (points) => {
      for (const chart of charts.values()) chart.draw(points);
    },
  };
}

function createChart(id, title, names, toValues) {
  const element = document.getElementById(id);
  const heading = document.createElement('h3');
  heading.textContent = title;
  const target = document.createElement('div');
  target.setAttribute('role', 'img');
  element.replaceChildren(heading, target);
  let plot = createPlot(target, names);
  return {
    draw: (points) => {
      const times = points.map(({ at }) => Date.parse(at) / 1_000);
      const rows = points.map((point) => (point.isGap ? names.map(() => null) : toValues(point)));
      plot.setData([times, ...names.map((_, column) => rows.map((row) => row[column]))]);
      const last = rows.at(-1) ?? [];
      const current = names.map((name, column) => `${name} ${toWords(last[column])}`);
      target.setAttribute('aria-label', `${title}: ${current.join(', ')}`);
    },
    rebuild: () => {
      plot.destroy();
      plot = createPlot(target, names);
    },
    remove: () => {
      plot.destroy();
      element.remove();
    },
  };
}

function toWords(value) {
  return value === null || value === undefined ? 'not known' : Math.round(value);
}

function createPlot(target, names) {
  const styles = getComputedStyle(document.documentElement);
  const color = (name) => styles.getPropertyValue(name).trim();
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 } };
  const series = names.map((label, index) => ({
    label,
    stroke: color(`--series-${index + 1}`),
    width: 2,
    points: { show: false },
    ...(index === 3 && { dash: [6, 4] }),
  }));
  const options = {
    width: Math.max(200, target.clientWidth),
    height: HEIGHT,
    series: [{}, ...series],
    axes: [axis, { ...axis, size: 60 }],
    scales: { y: { range: (_, __, highest) => [0, Math.max(1, highest ?? 1) * 1.05] } },
    cursor: { show: false },
    legend: { live: false },
    hooks: { draw: [placeMarks] },
  };
  return new window.uPlot(options, [[], ...names.map(() => [])], target);
}

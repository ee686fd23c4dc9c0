import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import { readLogin } from '../../../shared/access/operator-password.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { nodeBindings } from '../../http/node-request.ts';
import { newRequestId } from '../../http/request-id.ts';
import { OWN_FILES_PAGE } from '../../http/security-headers.ts';
import type { OpsContext } from '../context.ts';
import { DEMO_SALE_PATH, type DemoSale } from '../demo/demo-sale.ts';
import { mayChange } from '../operator-login.ts';
import { searchPage } from '../search/page.ts';
import { observatoryPage } from './page.ts';

const require = createRequire(import.meta.url);
const toPagePath = (name: string) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLES = 'text/css; charset=utf-8';

/** The files of the page, by the name in their path. */
const ASSETS: Readonly<Record<string, { readonly type: string; readonly path: string }>> = {
  'observatory.js': { type: SCRIPT, path: toPagePath('observatory.js') },
  'actions.js': { type: SCRIPT, path: toPagePath('actions.js') },
  'charts.js': { type: SCRIPT, path: toPagePath('charts.js') },
  'tables.js': { type: SCRIPT, path: toPagePath('tables.js') },
  'search.js': { type: SCRIPT, path: toPagePath('search.js') },
  'sales.js': { type: SCRIPT, path: toPagePath('sales.js') },
  'marks.js': { type: SCRIPT, path: toPagePath('marks.js') },
  'record.js': { type: SCRIPT, path: toPagePath('record.js') },
  'observatory.css': { type: STYLES, path: toPagePath('observatory.css') },
  'uplot.js': { type: SCRIPT, path: require.resolve('uplot/dist/uPlot.iife.min.js') },
  'uplot.css': { type: STYLES, path: require.resolve('uplot/dist/uPlot.min.css') },
};

const FEED_HEADERS = {
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no', // nginx would hold events back until its buffer is full.
};

/**
 * Mounts the page of the observatory, its files and its feed, behind the guard of `/ops`. The feed
 * is for this page only: it changes with the page and is not part of the documented API.
 */
export function mountObservatory(app: Hono, context: OpsContext): void {
  const { basePath, operators, ops, demoSale } = context;
  const headers = { 'content-security-policy': OWN_FILES_PAGE };
  app.get('/ops', (c) => {
    const operator = c.get('operator');
    const isAdmin = operator.role === 'admin';
    const page = observatoryPage({
      basePath,
      isWritable: mayChange(context, operator),
      mayJudge: isAdmin,
      mayDemo: demoSale !== undefined && isAdmin,
    });
    return c.html(page, 200, headers);
  });
  const search = searchPage(basePath);
  app.get('/ops/search', (c) => c.html(search, 200, headers));
  app.get('/ops/feed', (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 200, FEED_HEADERS);
    const { outgoing } = nodeBindings(c);
    const login = readLogin(c.req.header('authorization'));
    const stream = ops.observatory.watch({
      cut: () => outgoing?.destroy(),
      isAdmitted: async () =>
        login !== undefined && (await operators.identify(login)) !== undefined,
    });
    return new Response(stream, { headers: FEED_HEADERS });
  });
  if (demoSale !== undefined) mountDemoSale(app, context, demoSale);
  app.get('/ops/assets/:name', async (c) => {
    const name = c.req.param('name');
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) {
      throw new RefusedError('not_found', `There is nothing at ${c.req.path}.`);
    }
    const text = await readFile(asset.path, 'utf8');
    return c.body(text, 200, { ...headers, 'content-type': asset.type });
  });
}

/**
 * Mounts the route that starts a demo sale. Its buyers call the address that served the request.
 */
function mountDemoSale(app: Hono, context: OpsContext, demoSale: DemoSale): void {
  app.post(DEMO_SALE_PATH, async (c) => {
    const { localAddress = '127.0.0.1', localPort } = nodeBindings(c).incoming?.socket ?? {};
    const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
    const requestId = newRequestId();
    const address = context.readAddress(c);
    const caller = { context, principal: c.get('operator'), requestId, address };
    const started = await demoSale.start(caller, `http://${host}:${localPort}${context.basePath}`);
    return c.json(started, 202, { 'x-request-id': requestId });
  });
}

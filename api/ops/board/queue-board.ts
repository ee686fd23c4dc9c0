import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getPathNoStrict } from 'hono/utils/url';
import { BODY_BYTES_MAX } from '../../../shared/contract/limits.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { pathReaderOf } from '../../http/base-path.ts';
import { SELF_CONTAINED_PAGE } from '../../http/security-headers.ts';
import type { OpsContext } from '../context.ts';
import { BOARD_PATH } from './board-path.ts';
import { boundPages } from './bound-pages.ts';
import { jobLabel, presentResult, webhookJobLabel } from './job-labels.ts';

/** The page asks for a font of another host; it looks well enough without. */
const EXTERNAL_LINK = /<link[^>]*href="https?:[^>]*>/g;

/** bull-board for the queues of checkouts and webhooks, as an app of its own; the guard stands before it. */
export function createQueueBoard(context: OpsContext): Hono {
  const { basePath } = context;
  const isWritable = context.config.ops.isWritable === true;
  const queue = new BullMQAdapter(context.queue.bull, {
    readOnlyMode: !isWritable,
    description: 'Wake-up calls, one for each checkout. What they are about stands in MongoDB.',
    externalJobUrl: ({ data }) => ({
      displayText: 'The checkout',
      href: `${basePath}/ops/checkouts/${encodeURIComponent(data?.checkoutId ?? 'unknown')}`,
    }),
  });
  // Data stays as it is: from a writable board it is sent back when a job is edited or doubled.
  queue.setFormatter('name', jobLabel);
  queue.setFormatter('returnValue', presentResult);
  const webhooks = new BullMQAdapter(context.webhookQueue.bull, {
    readOnlyMode: !isWritable,
    description:
      'One live job for each webhook with something to send; delayed until its next try.',
  });
  webhooks.setFormatter('name', webhookJobLabel);
  const adapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: [queue, webhooks],
    serverAdapter: adapter,
    options: { uiConfig: uiConfigOf(isWritable, basePath), handlerHooks: { before: boundPages } },
  });
  const board = new Hono({ getPath: pathReaderOf(basePath, getPathNoStrict) });
  board.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: refuseBody }));
  board.use(async (c, next) => {
    await next();
    if (c.res.headers.get('content-type')?.startsWith('text/html')) {
      const page = (await c.res.text()).replace(EXTERNAL_LINK, '');
      // The adapter's own base path is also the one it is mounted at, which has no prefix.
      c.res = c.html(page.replace('<base href="/', `<base href="${basePath}/`));
    }
    // Scripts too: the one that runs as a worker loads others under the policy it came with.
    c.res.headers.set('content-security-policy', SELF_CONTAINED_PAGE);
  });
  return board.route(BOARD_PATH, adapter.registerPlugin());
}

function refuseBody(): never {
  throw new RefusedError('body_too_large', `The body may have ${BODY_BYTES_MAX} bytes at most.`);
}

function uiConfigOf(isWritable: boolean, basePath: string) {
  return {
    boardTitle: 'Lastunit queues',
    hideDocsLink: true,
    environment: isWritable
      ? { label: 'writable', color: '#b91c1c', textColor: '#ffffff' }
      : { label: 'read-only', color: '#166534', textColor: '#ffffff' },
    miscLinks: [
      { text: 'Verdict', url: `${basePath}/ops/verdict` },
      { text: 'Metrics', url: `${basePath}/metrics` },
      { text: 'API reference', url: `${basePath}/docs` },
    ],
    pollingInterval: { showSetting: true },
  };
}

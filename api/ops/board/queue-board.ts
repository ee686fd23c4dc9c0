import { readFile } from 'node:fs/promises';
import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getPathNoStrict } from 'hono/utils/url';
import type { SettleCheckoutsData } from '../../../shared/contract/jobs.ts';
import { BODY_BYTES_MAX } from '../../../shared/contract/limits.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { createPathReader } from '../../http/base-path.ts';
import { SELF_CONTAINED_PAGE } from '../../http/security-headers.ts';
import { BOARD_PATH, type OpsContext } from '../context.ts';
import { adaptPage, BOARD_FILES, BOARD_FILES_FOLDER, BOARD_THEME } from './board-page.ts';
import { jobLabel, presentResult, toHistoryPage, webhookJobLabel } from './job-labels.ts';
import { PrivateQueueAdapter } from './private-queue.ts';

const PAGE_JOBS_MAX = 100;

/**
 * Creates bull-board for the queues of checkouts and webhooks, as a separate app behind the guard.
 */
export function createQueueBoard(context: OpsContext, isWritable: boolean): Hono {
  const { basePath } = context;
  const webhooks = new PrivateQueueAdapter(context.boardQueues.webhooks.bull, {
    readOnlyMode: !isWritable,
    description:
      'One job for each webhook that has something to send, delayed until the next attempt.',
  });
  webhooks.setFormatter('name', webhookJobLabel);
  const adapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: [...showCheckoutQueues(context, isWritable), webhooks],
    serverAdapter: adapter,
    options: { uiConfig: toUiConfig(context, isWritable), handlerHooks: { before: boundPages } },
  });
  const board = new Hono({ getPath: createPathReader(basePath, getPathNoStrict) });
  board.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: refuseBody }));
  board.use(async (c, next) => {
    await next();
    if (c.res.headers.get('content-type')?.startsWith('text/html')) {
      c.res = c.html(adaptPage(await c.res.text(), basePath));
    }
    // Scripts need the policy too: a web worker loads scripts under the policy of its own response.
    c.res.headers.set('content-security-policy', SELF_CONTAINED_PAGE);
  });
  for (const [name, { type, path }] of Object.entries(BOARD_FILES)) {
    board.get(`${BOARD_PATH}/${BOARD_FILES_FOLDER}/${name}`, async (c) =>
      c.body(await readFile(path, 'utf8'), 200, { 'content-type': type }),
    );
  }
  return board.route(BOARD_PATH, adapter.registerPlugin());
}

/** Returns the queues of all partitions, with a link from each job to its first checkout. */
function showCheckoutQueues(
  { basePath, boardQueues: { checkouts } }: OpsContext,
  isWritable: boolean,
): PrivateQueueAdapter[] {
  const { bulls } = checkouts;
  return bulls.map((bull, partition) => {
    const queue = new PrivateQueueAdapter(bull, {
      readOnlyMode: !isWritable,
      description: describePartition(partition, bulls.length),
      externalJobUrl: ({ data }) => {
        const [first] = (data as Partial<SettleCheckoutsData> | undefined)?.checkouts ?? [];
        return {
          displayText: 'The first checkout',
          href: toHistoryPage(basePath, first?.checkoutId ?? 'unknown'),
        };
      },
    });
    // Data has no formatter: a writable board sends it back when a job is edited or duplicated.
    queue.setFormatter('name', jobLabel);
    queue.setFormatter('returnValue', (result) => presentResult(result, basePath));
    return queue;
  });
}

function describePartition(partition: number, partitions: number): string {
  const jobs = 'Each job names checkouts that were stored together. The checkouts are in MongoDB.';
  if (partitions === 1) return jobs;
  return `Partition ${partition} (of 0 to ${partitions - 1}) has the checkouts of some products. ${jobs}`;
}

interface BoardCall {
  readonly request: { readonly query?: Readonly<Record<string, unknown>> };
}

/** Limits the number of jobs per page, which bull-board itself does not limit. */
async function boundPages({ request }: BoardCall) {
  const jobsPerPage = Number(request.query?.['jobsPerPage'] ?? 0);
  if (jobsPerPage <= PAGE_JOBS_MAX) return { allow: true } as const;
  const message = `jobsPerPage may be at most ${PAGE_JOBS_MAX}.`;
  return { allow: false, status: 400, message } as const;
}

function refuseBody(): never {
  throw new RefusedError('body_too_large', `The body may have at most ${BODY_BYTES_MAX} bytes.`);
}

function toUiConfig({ basePath, config: { environment } }: OpsContext, isWritable: boolean) {
  return {
    boardTitle: 'Lastunit queues',
    hideDocsLink: true,
    showMetrics: true,
    theme: BOARD_THEME,
    environment: {
      label: `${environment}, ${isWritable ? 'writable' : 'read-only'}`,
      color: isWritable ? '#b91c1c' : '#166534',
      textColor: '#ffffff',
    },
    miscLinks: [
      { text: 'Observatory', url: `${basePath}/ops` },
      // Not `/ops/verdict`, which reads all data at each click.
      { text: 'Latest verdict', url: `${basePath}/ops/verdict/latest` },
      { text: 'Metrics', url: `${basePath}/metrics` },
      { text: 'API reference', url: `${basePath}/docs` },
    ],
    pollingInterval: { showSetting: true },
  };
}

import type { Hono } from 'hono';
import { answerOutside } from '../http/answer.ts';
import { BOARD_PATH } from './board/board-path.ts';
import { createQueueBoard } from './board/queue-board.ts';
import type { OpsContext } from './context.ts';
import { guardOps } from './guard/guard.ts';

/** Mount this before any other route: what is registered earlier is not guarded. */
export function mountOps(app: Hono, context: OpsContext): void {
  const guard = guardOps(context);
  app.use('/ops/*', guard);
  app.use('/metrics', guard);
  // An app of its own, because its routes would force the whole API onto a slower router.
  const board = createQueueBoard(context);
  board.notFound((c) => answerOutside(context, c));
  board.onError((error, c) => answerOutside(context, c, error));
  app.all(`${BOARD_PATH}/*`, (c) => board.fetch(c.req.raw, c.env));
}

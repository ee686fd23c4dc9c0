import { expect } from 'vitest';
import { toDrawOrder } from '../../runtime/draw-order.ts';
import { cancelDraw, openDraw } from '../draws/close-draw.ts';
import { createDraw } from '../draws/create-draw.ts';
import { endDraw, settleDraw } from '../draws/finish-draw.ts';
import { withdrawCheckouts } from '../withdraw-checkout.ts';
import { acceptsEntries, givesOutUnits } from './draw-model.ts';
import {
  close,
  enterAll,
  getVariant,
  rejectWaiting,
  serveModel,
  toDraw,
  toRecord,
  type WantedDraw,
  type WantedEntry,
  walk,
} from './draw-steps.ts';
import { CANCELLATION } from './given-draws.ts';
import { type Command, command, confirmFree, readExpiry, sweep } from './ledger-command.ts';
import type { LedgerModel } from './ledger-model.ts';
import type { ModelDraw } from './order-model.ts';

/** The maximum number of draws in one run. Each is compared after each command. */
const DRAWS_MAX = 8;

/** Creates a draw, twice with the same id, and lets the first buyers enter. */
export function beginDraw(wanted: WantedDraw, entries: readonly WantedEntry[]): Command {
  const name = `draw ${JSON.stringify(wanted)} for ${JSON.stringify(entries)}`;
  return command(name, async (model, real) => {
    if (model.draws.length === DRAWS_MAX) return;
    const { ledger, clock } = real;
    const draw = toDraw(model, wanted, clock.now());
    const draft = { draw: toRecord(draw, getVariant(real, draw), clock.now()), seed: draw.seed };
    const created = await createDraw(ledger, draft);
    expect(created.kind).toBe(model.createDraw(draw, await readExpiry(real)));
    if (created.kind !== 'created') return;
    expect((await createDraw(ledger, draft)).kind).toBe('repeated');
    await enterAll(real, draw, entries);
  });
}

/** Opens a draw, and lets more buyers enter, or the same buyers again. */
export function enterDraw(pick: number, entries: readonly WantedEntry[]): Command {
  return command(`enter ${pick}: ${JSON.stringify(entries)}`, async (model, real) => {
    const draw = pickDraw(model, pick, acceptsEntries);
    if (draw === undefined) return;
    const isNew = draw.status === 'scheduled';
    expect(await openDraw(real.ledger, draw.id)).toBe(isNew);
    if (isNew) draw.status = 'open';
    await enterAll(real, draw, entries);
  });
}

/** Withdraws an entry. Before the draw closes, its buyer may then enter again. */
export function withdrawEntry(pick: number, pickEntry: number): Command {
  return command(`withdraw entry ${pickEntry} of ${pick}`, async (model, { ledger }) => {
    const draw = pickDraw(model, pick, acceptsEntries);
    const entry = draw?.entries[pickEntry % Math.max(1, draw.entries.length)];
    if (draw === undefined || entry === undefined) return;
    const unchanged = entry.outcome === 'withdrawn' ? 'unchanged' : 'settled';
    const [withdrawn] = await withdrawCheckouts(ledger, [entry.id]);
    expect(withdrawn?.kind).toBe(entry.outcome === 'waiting' ? 'withdrawn' : unchanged);
    if (entry.outcome !== 'waiting') return;
    entry.outcome = 'withdrawn';
    if (acceptsEntries(draw)) entry.isEntered = false;
  });
}

/** Closes a draw, which is possible once and only after its closing time. */
export function closeEntries(pick: number): Command {
  return command(`close ${pick}`, async (model, real) => {
    const draw = pickDraw(model, pick, acceptsEntries);
    if (draw !== undefined) await close(real, draw);
  });
}

/** Cancels a draw, which is possible until it closes. */
export function callOffDraw(pick: number): Command {
  return command(`call off ${pick}`, async (model, real) => {
    const draw = pickDraw(model, pick, () => true);
    if (draw === undefined) return;
    const isEarly = real.clock.now() < draw.closesAt;
    const expected = acceptsEntries(draw) && isEarly ? 'cancelled' : 'too_late';
    const kind = draw.status === 'cancelled' ? 'unchanged' : expected;
    const { productId } = getVariant(real, draw);
    const cancelled = await cancelDraw(real.ledger, { _id: draw.id, productId }, CANCELLATION);
    expect(cancelled?.kind).toBe(kind);
    if (kind !== 'cancelled') return;
    model.giveBack(draw);
    draw.status = 'cancelled';
    draw.isFinishing = true;
  });
}

/** Places the next entries that fit from the units of a closed draw; a second walk places none. */
export function serveNext(pick: number): Command {
  return command(`serve the next of ${pick}`, async (model, real) => {
    const draw = pickDraw(
      model,
      pick,
      (candidate) => acceptsEntries(candidate) || givesOutUnits(candidate),
    );
    if (draw === undefined) return;
    if (acceptsEntries(draw)) await close(real, draw);
    await sweep(model, real);
    const entered = draw.entries.filter(({ isEntered }) => isEntered);
    const order = toDrawOrder(
      draw.seed,
      entered.map(({ id }) => id),
    );
    await walk(real, draw, order);
    if (givesOutUnits(draw)) serveModel(model, real, draw, order);
    confirmFree(model, real);
    await walk(real, draw, order);
  });
}

/**
 * Puts the remaining units of a closed draw back on sale, and rejects the entries that still wait.
 */
export function finishDraw(pick: number): Command {
  return command(`finish ${pick}`, async (model, real) => {
    const { ledger } = real;
    const canFinish = (draw: ModelDraw) => draw.isFinishing || givesOutUnits(draw);
    const draw = pickDraw(model, pick, canFinish);
    if (draw === undefined) return;
    const isEnding = givesOutUnits(draw);
    const { productId } = getVariant(real, draw);
    expect(await endDraw(ledger, { _id: draw.id, productId }, () => true)).toBe(isEnding);
    if (isEnding) {
      model.giveBack(draw);
      draw.isFinishing = true;
    }
    if (draw.isFinishing) await rejectWaiting(real, draw);
    expect(await settleDraw(ledger, draw.id)).toBe(draw.isFinishing);
    if (draw.isFinishing && draw.status === 'closed') draw.status = 'settled';
    draw.isFinishing = false;
  });
}

/** Picks a suitable draw, or any draw if none is suitable. */
function pickDraw(
  { draws }: LedgerModel,
  pick: number,
  isSuitable: (draw: ModelDraw) => boolean,
): ModelDraw | undefined {
  const suitable = draws.filter(isSuitable);
  const candidates = suitable.length > 0 ? suitable : draws;
  return candidates[pick % Math.max(1, candidates.length)];
}

import { z } from 'zod';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Api, describeAnswer, ifUnreachable } from '../system/api.ts';
import type { Choices } from '../system/choices.ts';

/** The results of moving orders. */
export interface MovesLog {
  confirmed: number;
  cancelled: number;
  /** Answers that no fault explains, such as a 400 or a 500. */
  readonly unexpected: string[];
}

const PAGE_ITEMS = 20;
const PAUSE_MS = 200;
const CONFIRMED_SHARE = 0.5;
/** 200: the order was moved. 409: it had expired, or the first of two attempts had moved it. */
const EXPECTED_STATUSES = [200, 409];

const page = z.object({ items: z.array(z.looseObject({ id: z.string() })) });

/**
 * Confirms and cancels the oldest pending orders, until the signal is aborted. The others expire.
 * Goes on after times in which the system is unreachable.
 */
export async function moveOrders(
  api: Api,
  choices: Choices,
  signal: AbortSignal,
): Promise<MovesLog> {
  const log: MovesLog = { confirmed: 0, cancelled: 0, unexpected: [] };
  while (!signal.aborted) {
    await movePage({ api, choices, signal, log }).catch(ifUnreachable);
    await pause(PAUSE_MS, signal);
  }
  return log;
}

interface Moving {
  readonly api: Api;
  readonly choices: Choices;
  readonly signal: AbortSignal;
  readonly log: MovesLog;
}

async function movePage({ api, choices, signal, log }: Moving): Promise<void> {
  const path = `/v1/orders?status=pending&direction=asc&limit=${PAGE_ITEMS}`;
  const list = await api.call({ method: 'GET', path });
  if (list.status !== 200) log.unexpected.push(`list: ${describeAnswer(list)}`);
  for (const { id } of page.safeParse(list.body).data?.items ?? []) {
    if (signal.aborted) break;
    const isConfirmed = choices.next() < CONFIRMED_SHARE;
    const move = isConfirmed ? 'confirm' : 'cancel';
    const body = isConfirmed ? {} : { reason: 'chaos' };
    const answer = await api.call({ method: 'POST', path: `/v1/orders/${id}/${move}`, body });
    if (answer.status === 200) log[isConfirmed ? 'confirmed' : 'cancelled'] += 1;
    if (EXPECTED_STATUSES.includes(answer.status)) continue;
    log.unexpected.push(`${move}: ${describeAnswer(answer)}`);
  }
}

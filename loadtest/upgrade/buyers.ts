import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const REQUEST_TIMEOUT_MS = 10_000;
/** A checkout is given up after this time: more than a system may take to recover from a fault. */
const GIVE_UP_MS = 90_000;
const RETRY_AFTER_MS = 250;
const PAUSE_MS = 20;
const ACCEPTED = 202;

/** The buyers' log of the answers that they received. */
export interface BuyersLog {
  /** Ids of the checkouts that were answered with 202. */
  readonly accepted: string[];
  /**
   * Answers that neither an upgrade nor a fault may cause, such as a 400 or a 500, and checkouts
   * without an answer.
   */
  readonly unexpected: string[];
  /** How often a request was repeated after a cut connection, a 429 or a 503. */
  repeated: number;
}

interface BuyersOptions {
  /** The prefix of the idempotency keys and of the ids of the buyers. */
  readonly name: string;
  /** Returns the URLs that a load balancer would use now. */
  readonly apiUrls: () => readonly string[];
  readonly apiKey: string;
  readonly variantIds: readonly string[];
  readonly buyers: number;
  readonly signal: AbortSignal;
}

const accepted = z.looseObject({ id: z.string() });

/**
 * Lets buyers post checkouts one after another until the signal is aborted. As clients should, they
 * repeat a request with its key after a cut connection, a 429 or a 503.
 * @throws Error if a 202 has no id
 */
export async function runBuyers(options: BuyersOptions): Promise<BuyersLog> {
  const log: BuyersLog = { accepted: [], unexpected: [], repeated: 0 };
  const buyer = async (_: unknown, number: number) => {
    for (let turn = 0; !options.signal.aborted; turn += 1) {
      await buy(options, `${options.name}-${number}-${turn}`, number + turn, log);
      await pause(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: options.buyers }, buyer));
  return log;
}

async function buy(
  { apiUrls, apiKey, variantIds }: BuyersOptions,
  key: string,
  turn: number,
  log: BuyersLog,
): Promise<void> {
  const variantId = variantIds[turn % variantIds.length];
  const body = JSON.stringify({ buyerId: key, lines: [{ variantId, quantity: 1 }] });
  const headers = {
    'x-api-key': apiKey,
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let tries = 1; performance.now() < giveUpAt; tries += 1) {
    const urls = apiUrls();
    const url = `${urls[(turn + tries) % urls.length]}/v1/checkouts`;
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, signal })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined);
    if (answer?.status === ACCEPTED) {
      log.accepted.push(accepted.parse(JSON.parse(answer.text)).id);
      return;
    }
    if (answer !== undefined && answer.status !== 429 && answer.status !== 503) {
      log.unexpected.push(`${answer.status} ${answer.text.slice(0, 300)}`);
      return;
    }
    log.repeated += 1;
    await pause(RETRY_AFTER_MS);
  }
  log.unexpected.push(`${key} got no answer within ${GIVE_UP_MS / 1_000} s`);
}

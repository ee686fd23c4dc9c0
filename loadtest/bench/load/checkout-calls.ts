import { errorMessage } from '../../../shared/runtime/error-message.ts';
import type { LightClient } from '../../system/light-client.ts';
import { CutConnectionError, type LightResponse } from '../../system/light-connection.ts';
import type { Failures, Target } from './plans.ts';

const WAIT_S = 30;
const ID_START = '"id":"';
const ACCEPTED = 202;
const OK = 200;

/** A storefront's requests, sent with as little overhead as possible. */
export interface CheckoutCalls {
  /** Posts the checkout with this number and returns the response if it was accepted. */
  post(index: number): Promise<LightResponse | undefined>;
  /** Posts the checkout with this number, waits, and returns the checkout's JSON if it was placed. */
  postAndWait(index: number): Promise<string | undefined>;
  /** Waits for the outcome of an accepted checkout and returns its JSON if it was placed. */
  outcome(accepted: LightResponse): Promise<string | undefined>;
  /** Returns how many of these calls returned undefined, and why the first did. */
  failures(): Failures;
}

/** Creates the requests to a target. The caller closes `client`. */
export function checkoutCalls(client: LightClient, target: Target): CheckoutCalls {
  const { apiKey } = target;
  const wait = `Prefer: wait=${WAIT_S}\r\n`;
  const waitHeaders = `X-Api-Key: ${apiKey}\r\n${wait}`;
  let count = 0;
  let first: string | undefined;
  const fail = (reason: string) => {
    count += 1;
    first ??= reason.slice(0, 300);
    return undefined;
  };
  const retryIfCut = async (send: () => Promise<LightResponse>) => {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof CutConnectionError)) throw error;
      // The server may close a kept-alive connection while a request is sent on it. All of these
      // requests are safe to repeat.
      return send();
    }
  };
  const ifPlaced = (response: LightResponse | string) => {
    if (typeof response === 'string') return fail(response);
    const isPlaced = response.status === OK && response.body.includes('"status":"placed"');
    return isPlaced ? response.body : fail(`${response.status} ${response.body}`);
  };
  return {
    post: async (index) => {
      const response = await retryIfCut(() => postOne(client, target, index)).catch(errorMessage);
      if (typeof response === 'string') return fail(response);
      if (response.status === ACCEPTED) return response;
      return fail(`${response.status} ${response.body}`);
    },
    postAndWait: async (index) =>
      ifPlaced(await retryIfCut(() => postOne(client, target, index, wait)).catch(errorMessage)),
    outcome: async ({ body }) => {
      const id = findId(body);
      const path = `/v1/checkouts/${id}`;
      return ifPlaced(
        await retryIfCut(() => client.send('GET', path, waitHeaders)).catch(errorMessage),
      );
    },
    failures: () => ({ count, ...(first !== undefined && { first }) }),
  };
}

/**
 * Posts the checkout with this number once.
 * @param moreHeaders each ends with CRLF
 */
export function postOne(
  client: LightClient,
  { apiKey, variantIds, runId }: Target,
  index: number,
  moreHeaders = '',
): Promise<LightResponse> {
  const variantId = variantIds[index % variantIds.length];
  const headers = `X-Api-Key: ${apiKey}\r\nContent-Type: application/json\r\nIdempotency-Key: ${runId}-${index}\r\n${moreHeaders}`;
  const body = `{"buyerId":"buyer-${index}","lines":[{"variantId":"${variantId}","quantity":1}]}`;
  return client.send('POST', '/v1/checkouts', headers, body);
}

/** Finds the id in an accepted checkout's JSON without parsing the rest. */
function findId(body: string): string {
  const start = body.indexOf(ID_START) + ID_START.length;
  return body.slice(start, body.indexOf('"', start));
}

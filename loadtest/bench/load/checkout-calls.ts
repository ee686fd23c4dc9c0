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
  /** Posts the checkout with this number and returns whether it was accepted. */
  post(index: number): Promise<LightResponse | undefined>;
  /** Waits for the outcome and returns the checkout's JSON if it was placed. */
  outcome(accepted: LightResponse): Promise<string | undefined>;
  failures(): Failures;
}

/** Creates the requests to a target. The caller closes `client`. */
export function checkoutCalls(client: LightClient, target: Target): CheckoutCalls {
  const { apiKey, variantIds, runId } = target;
  const common = `X-Api-Key: ${apiKey}\r\n`;
  const postHeaders = `${common}Content-Type: application/json\r\nIdempotency-Key: ${runId}-`;
  const waitHeaders = `${common}Prefer: wait=${WAIT_S}\r\n`;
  let count = 0;
  let first: string | undefined;
  const fail = (what: string) => {
    count += 1;
    first ??= what.slice(0, 300);
    return undefined;
  };
  const send = async (method: string, path: string, headers: string, body?: string) => {
    try {
      return await client.send(method, path, headers, body);
    } catch (error) {
      if (!(error instanceof CutConnectionError)) throw error;
      // The server may close a kept-alive connection while a request is sent on it. All of these
      // requests are safe to repeat.
      return client.send(method, path, headers, body);
    }
  };
  return {
    post: async (index) => {
      const variantId = variantIds[index % variantIds.length];
      const body = `{"buyerId":"buyer-${index}","lines":[{"variantId":"${variantId}","quantity":1}]}`;
      const headers = `${postHeaders}${index}\r\n`;
      const response = await send('POST', '/v1/checkouts', headers, body).catch(errorMessage);
      if (typeof response === 'string') return fail(response);
      if (response.status === ACCEPTED) return response;
      return fail(`${response.status} ${response.body}`);
    },
    outcome: async ({ body }) => {
      const id = idIn(body);
      const path = `/v1/checkouts/${id}`;
      const response = await send('GET', path, waitHeaders).catch(errorMessage);
      if (typeof response === 'string') return fail(response);
      const isPlaced = response.status === OK && response.body.includes('"status":"placed"');
      return isPlaced ? response.body : fail(`${response.status} ${response.body}`);
    },
    failures: () => ({ count, ...(first !== undefined && { first }) }),
  };
}

/** Finds the id in an accepted checkout's JSON without parsing the rest. */
function idIn(body: string): string {
  const start = body.indexOf(ID_START) + ID_START.length;
  return body.slice(start, body.indexOf('"', start));
}

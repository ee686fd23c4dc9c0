import type { Api, ApiAnswer, ApiRequest } from '../system/api.ts';

/**
 * Returns an API that records its requests and responds with the result of `answer`, whose `count`
 * is 1 for the first request.
 */
export function fakeApi(
  answer: (request: ApiRequest, count: number) => ApiAnswer | Promise<ApiAnswer>,
): { readonly api: Api; readonly requests: ApiRequest[] } {
  const requests: ApiRequest[] = [];
  const api = {
    call: async (request: ApiRequest) => answer(request, requests.push(request)),
    close: () => undefined,
  };
  return { api, requests };
}

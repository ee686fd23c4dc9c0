import type { Api, ApiAnswer, ApiRequest } from '../system/api.ts';

/** Returns an API that responds with the result of `answer` and records the requests. */
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

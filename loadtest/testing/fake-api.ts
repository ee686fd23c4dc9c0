import type { Api, ApiAnswer, ApiRequest } from '../system/api.ts';

/** An API that responds with `answer` and records the requests. */
export function fakeApi(
  answer: (request: ApiRequest, count: number) => ApiAnswer | Promise<ApiAnswer>,
): { readonly api: Api; readonly asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const api = {
    call: async (request: ApiRequest) => answer(request, asked.push(request)),
    close: () => undefined,
  };
  return { api, asked };
}

import { signRequest } from './sign.js';

/** Adds the authentication headers: the key alone, or a signature of this request. */
export function toHeaders({ apiKey, signing }, method, url, body, headers) {
  if (!signing) return { 'X-Api-Key': apiKey, ...headers };
  return signRequest({ method, url, body, headers, ...signing });
}

import crypto from 'k6/crypto';
import encoding from 'k6/encoding';

const NONCE_BYTES = 16;

/**
 * Signs a request for the API (RFC 9421, hmac-sha256). It takes the same arguments and returns the
 * same headers as `signRequest` of `shared/access/request-signature`.
 * @param request `{method, url, headers?, body?, apiKey, keyId, secret, created?, nonce?}`; the URL
 *   absolute, without a default port and with a path, the host in lower case; the names and values of
 *   headers in ASCII
 * @returns all headers to send, by lower-case names; sign each attempt again, because a nonce works
 *   once
 */
export function signRequest(request) {
  const { method, url, body, apiKey, keyId, secret } = request;
  const headers = { 'x-api-key': apiKey };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  const names = ['x-api-key'];
  if (headers['idempotency-key'] !== undefined) names.push('idempotency-key');
  if (body !== undefined && !isEmpty(body)) {
    headers['content-digest'] = `sha-256=:${crypto.sha256(body, 'base64')}:`;
    names.push('content-digest');
  }
  const created = request.created ?? Math.floor(Date.now() / 1_000);
  const nonce = request.nonce ?? encoding.b64encode(crypto.randomBytes(NONCE_BYTES), 'rawurl');
  const covered = ['@method', '@target-uri', ...names].map(quoted).join(' ');
  const terms = `;created=${created};nonce=${quoted(nonce)};keyid=${quoted(keyId)}`;
  const input = `(${covered})${terms}`;
  const base = [
    `"@method": ${method}`,
    `"@target-uri": ${url.split('#')[0]}`,
    ...names.map((name) => `"${name}": ${headers[name].trim()}`),
    `"@signature-params": ${input}`,
  ].join('\n');
  headers['signature-input'] = `sig=${input}`;
  headers['signature'] = `sig=:${crypto.hmac('sha256', secret, base, 'base64')}:`;
  return headers;
}

function isEmpty(body) {
  return (typeof body === 'string' ? body.length : body.byteLength) === 0;
}

function quoted(text) {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

import { hash, timingSafeEqual } from 'node:crypto';
import { parseDictionary } from 'structured-headers';

/** Returns the value of `Content-Digest` (RFC 9530) for a body, by SHA-256. */
export function contentDigest(body: string | Uint8Array): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`;
}

/**
 * Returns whether a `Content-Digest` field has the sha-256 of the body. Ignores other algorithms.
 */
export function matchesDigest(field: string, body: Uint8Array): boolean {
  const statedHash = parseSha256(field);
  if (statedHash === undefined) return false;
  const actualHash = hash('sha256', body, 'buffer');
  return statedHash.length === actualHash.length && timingSafeEqual(statedHash, actualHash);
}

function parseSha256(field: string): Uint8Array | undefined {
  try {
    const value = parseDictionary(field).get('sha-256')?.[0];
    return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
  } catch {
    return undefined;
  }
}

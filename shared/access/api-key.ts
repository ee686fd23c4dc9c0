import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Lets secret scanners recognise a leaked key. */
const PREFIX = 'lu_';
const SECRET_BYTES = 32;
const CHECKSUM_DIGITS = 8;
const FORM = /^lu_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/;

/** Generates an API key: prefix, 256 random bits in base64url, and a CRC-32 of the two in hex. */
export function newApiKey(): string {
  const body = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return `${body}${toChecksum(body)}`;
}

/** Returns whether a text has the form and checksum of a key, so a mistyped key costs no query. */
export function isApiKeyForm(text: string): boolean {
  if (!FORM.test(text)) return false;
  return text.endsWith(toChecksum(text.slice(0, -CHECKSUM_DIGITS)));
}

/**
 * Returns the SHA-256 of a key in hex. A key has 256 random bits, so a slow hash would add nothing.
 */
export function hashApiKey(key: string): string {
  return hash('sha256', key);
}

function toChecksum(body: string): string {
  return crc32(body).toString(16).padStart(CHECKSUM_DIGITS, '0');
}

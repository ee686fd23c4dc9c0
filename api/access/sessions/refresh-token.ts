import { hash, randomBytes } from 'node:crypto';

const PREFIX = 'lur_';
const SECRET_BYTES = 32;
const FORM = /^lur_[A-Za-z0-9_-]{43}$/;

/** A new refresh token: 256 random bits behind a prefix that tells what has leaked. */
export function newRefreshToken(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** Whether a text looks like a refresh token, so that others need not be looked up. */
export function isRefreshTokenForm(text: string): boolean {
  return FORM.test(text);
}

/** SHA-256 in hex; the token is random enough to need no slow hash. */
export function hashRefreshToken(token: string): string {
  return hash('sha256', token);
}

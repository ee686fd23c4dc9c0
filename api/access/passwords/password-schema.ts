import { z } from '@hono/zod-openapi';

const PASSWORD_LENGTH_MIN = 10;
/** Bounds the work of hashing, far above what anybody types. */
const PASSWORD_LENGTH_MAX = 256;

/** A new password: length counts, composition rules do not (NIST SP 800-63B). */
export const newPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);

/** A password that is to be checked; an old one may be shorter than new ones must be. */
export const givenPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);

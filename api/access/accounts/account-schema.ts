import { z } from '@hono/zod-openapi';
import { humanText } from '../../../shared/contract/text.ts';

const SHOP_NAME_LENGTH_MAX = 200;
const EMAIL_LENGTH_MAX = 254;
const PASSWORD_LENGTH_MIN = 10;
/** Bounds the cost of hashing a password. Real passwords are far shorter. */
const PASSWORD_LENGTH_MAX = 256;

/** The e-mail address with which a shop logs in, in lower case. */
export const emailAddress = z.email().max(EMAIL_LENGTH_MAX).toLowerCase();

/** The name of a shop. */
export const shopName = humanText(SHOP_NAME_LENGTH_MAX);

/** A new password: its length is checked here, its strength later (NIST SP 800-63B). */
export const newPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);

/** A password to verify. An old password may be shorter than the minimum for new passwords. */
export const enteredPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);

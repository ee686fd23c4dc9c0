import { z } from '@hono/zod-openapi';
import { humanText } from '../../../shared/contract/text.ts';

const SHOP_NAME_LENGTH_MAX = 200;
const EMAIL_LENGTH_MAX = 254;

/** The e-mail address that a shop logs in with, in lower case. */
export const emailAddress = z.email().max(EMAIL_LENGTH_MAX).toLowerCase();

/** What a shop calls itself. */
export const shopName = humanText(SHOP_NAME_LENGTH_MAX);

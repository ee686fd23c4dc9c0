import { randomBytes } from 'node:crypto';

const PROCESS = randomBytes(6).toString('hex');
let count = 0;

/** Returns a new request id, unique across processes and cheap enough for every request. */
export function newRequestId(): string {
  count += 1;
  return `req_${PROCESS}${count.toString(36).padStart(8, '0')}`;
}

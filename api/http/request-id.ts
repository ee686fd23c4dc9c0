import { randomBytes } from 'node:crypto';

const PROCESS = randomBytes(6).toString('hex');
let count = 0;

/** A name for one request, unique across processes, cheap enough for every request. */
export function newRequestId(): string {
  count += 1;
  return `req_${PROCESS}${count.toString(36).padStart(8, '0')}`;
}

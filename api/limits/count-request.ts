import { RefusedError } from '../../shared/domain/errors.ts';
import type { ApiContext } from '../context.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/**
 * Counts a request against a quota per minute and writes the quota's state into `headers`.
 * @throws RefusedError too_many_requests when the quota is used up
 */
export async function countRequest(
  { quotas }: ApiContext,
  headers: Record<string, string>,
  policy: 'address' | 'key',
  holder: string,
  quota: number,
): Promise<void> {
  const state = await quotas.take(`${policy}:${holder}`, quota);
  Object.assign(headers, rateLimitHeaders(policy, state));
  if (state.isWithin) return;
  throw new RefusedError('too_many_requests', `More than ${quota} requests a minute.`);
}

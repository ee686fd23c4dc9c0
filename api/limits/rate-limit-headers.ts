import type { QuotaState } from './quota.ts';

const WINDOW_S = 60;

/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and when to retry. */
export function rateLimitHeaders(policy: string, state: QuotaState): Record<string, string> {
  const headers: Record<string, string> = {
    'ratelimit-policy': `"${policy}";q=${state.quota};w=${WINDOW_S}`,
    ratelimit: `"${policy}";r=${state.remaining};t=${state.resetS}`,
  };
  if (!state.isWithin) headers['retry-after'] = String(Math.max(1, state.resetS));
  return headers;
}

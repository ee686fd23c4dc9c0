import { refuseField } from '../../shared/domain/errors.ts';
import { judgeTarget, type TargetRules } from '../../shared/webhooks/target-url.ts';
import type { WebhooksContext } from './context.ts';

const PUBLIC_ONLY: TargetRules = { allowedRanges: [], isHttpAllowed: false };

/**
 * Refuses a URL that webhooks must not reach. The addresses of its host name are checked at every
 * delivery and not here, because they may change.
 * @throws RefusedError invalid_request
 */
export function checkUrl({ config }: WebhooksContext, url: string): void {
  const judged = judgeTarget(url, config.webhookTargets ?? PUBLIC_ONLY);
  if ('refusal' in judged) throw refuseField('invalid_request', 'url', judged.refusal);
}

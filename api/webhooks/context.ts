import type { SystemSecrets } from '../../shared/access/system-secrets.ts';
import type { WebhookQueue } from '../../shared/queue/webhook-queue.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { Store } from '../../shared/store/store.ts';
import type { TargetRules } from '../../shared/webhooks/target-url.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';

/** The dependencies of webhooks. */
export interface WebhooksContext extends AuditContext {
  readonly config: {
    readonly secrets: Pick<SystemSecrets, 'secretsKey'>;
    readonly webhookTargets?: TargetRules;
  };
  readonly store: Store;
  readonly log: Logger;
  readonly webhookQueue: WebhookQueue;
}

/** Defines a route of this folder. */
export const route = routesWith<WebhooksContext>();

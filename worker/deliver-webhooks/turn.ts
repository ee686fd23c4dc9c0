import type { EndpointHealth } from '../../shared/domain/webhooks/endpoint-health.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';

/** One worker's turn with one endpoint: what it knows, and what it has learnt. */
export interface Turn {
  /** As it was read last. */
  webhook: WebhookRecord;
  health: EndpointHealth;
  /** How long the endpoint is to be left alone afterwards. */
  pauseMs: number;
  /** Nothing more is begun: the time is up, the endpoint is to be left alone, or the worker ends. */
  isOver: boolean;
  /** Ends what is under way. */
  readonly stopping: AbortSignal;
}

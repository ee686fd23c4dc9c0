import type { EndpointHealth } from '../../shared/domain/webhooks/endpoint-health.ts';
import type { LaneLimit } from '../../shared/domain/webhooks/lane-limit.ts';
import type { WebhookRecord } from '../../shared/store/collections/webhooks.ts';
import type { SharedAnswers } from './send/shared-answers.ts';

/** One worker's turn with one endpoint: what it knows, and what it has learnt. */
export interface Turn {
  /** As it was read last, and when that was, in ms. */
  webhook: WebhookRecord;
  readAt: number;
  /** The reading that is under way, for all who need it. */
  reading?: Promise<void> | undefined;
  health: EndpointHealth;
  /** How long the endpoint is to be left alone afterwards. */
  pauseMs: number;
  /** Nothing more is begun: the time is up, the endpoint is to be left alone, or the worker ends. */
  isOver: boolean;
  /** The endpoint is another's now, or deleted: nothing of it may be written. */
  isLost: boolean;
  /** Lanes that are at work, and how many may be. */
  underWay: number;
  limit: LaneLimit;
  /** What the endpoint's name resolves to. */
  readonly answers: SharedAnswers;
  /** Ends what is under way. */
  readonly stopping: AbortSignal;
}

import { ANNOTATION_LENGTH_MAX } from '../../shared/contract/limits.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { type Api, describeAnswer } from './api.ts';

/** Adds a note to the observatory. Never rejects. */
export type Annotate = (text: string) => Promise<void>;

/** A run waits this long for an annotation. */
const ANNOTATE_TIMEOUT_MS = 5_000;
const CREATED = 201;
/**
 * The statuses for an operator who may not annotate, and of a system without annotations.
 */
const REFUSALS: readonly number[] = [401, 403, 404];

/**
 * Returns a function that adds notes to the observatory, as the operator of the system. If an
 * annotation fails, the function logs the reason and resolves; after a refusal it sends no more.
 */
export function openAnnotations(api: Api, log: Log): Annotate {
  let isRefused = false;
  return async (text) => {
    if (isRefused) return;
    try {
      const answer = await withDeadline('annotating', ANNOTATE_TIMEOUT_MS, send(api, text));
      if (answer.status === CREATED) return;
      isRefused = REFUSALS.includes(answer.status);
      log(`not noted on the observatory: ${describeAnswer(answer)}`);
    } catch (error) {
      log(`not noted on the observatory: ${errorMessage(error)}`);
    }
  };
}

/** Sends a text, cut to what the route accepts. */
function send(api: Api, text: string) {
  return api.call({
    method: 'POST',
    path: '/ops/annotations',
    as: 'operator',
    body: { text: text.slice(0, ANNOTATION_LENGTH_MAX).toWellFormed() },
    triesMax: 1,
  });
}

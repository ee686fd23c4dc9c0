import { SETTLE_CHECKOUTS } from '../../shared/contract/jobs.ts';
import type { SettledCheckout } from '../../shared/ledger/settle-checkouts.ts';
import type { LedgerStep, StepObserver } from '../../shared/ledger/steps.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { type Span, startShared, type Tracing } from '../../shared/tracing/tracing.ts';

/** The part of a batch's checkout that its trace needs. */
interface TracedCheckout {
  readonly checkoutId: string;
  readonly traceparent?: string | undefined;
}

const STEP_NAMES: Readonly<Record<LedgerStep, string>> = {
  lock: 'acquire locks',
  decide: 'decide',
  write: 'write',
  commit: 'commit',
  unlock: 'release locks',
};

/**
 * Settles a batch within spans. The span of the batch, with a child for each step, is in the trace
 * of the first sampled checkout, and links to the requests of all checkouts. Each sampled checkout
 * has a span in its own trace, with a link to the batch; the context of this span goes into the
 * outbox.
 * @param steps a further observer of the steps
 */
export async function traceBatch<Settled extends readonly SettledCheckout[]>(
  tracing: Tracing,
  batch: readonly TracedCheckout[],
  steps: StepObserver,
  settle: (steps: StepObserver) => Promise<Settled>,
): Promise<Settled> {
  const contexts = batch.flatMap(({ traceparent }) => traceparent ?? []);
  const { queue } = SETTLE_CHECKOUTS;
  const span = startShared(tracing, `process ${queue}`, contexts, {
    kind: 'consumer',
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue,
      'messaging.batch.message_count': batch.length,
    },
  });
  if (span === undefined) return settle(steps);
  const checkouts = startCheckouts(tracing, batch, span);
  const traceparents = new Map(Array.from(checkouts, ([id, { traceparent }]) => [id, traceparent]));
  try {
    const settled = await tracing.run(span, () =>
      settle(new StepSpans(tracing, span, steps, traceparents)),
    );
    for (const { checkoutId, status, rejection } of settled) {
      const outcome = { 'lastunit.checkout.status': status };
      const reason = rejection && { 'lastunit.rejection.code': rejection.code };
      checkouts.get(checkoutId)?.set({ ...outcome, ...reason });
    }
    return settled;
  } catch (error) {
    for (const started of [span, ...checkouts.values()]) started.fail(errorMessage(error));
    throw error;
  } finally {
    for (const started of [span, ...checkouts.values()]) started.end();
  }
}

function startCheckouts(
  tracing: Tracing,
  batch: readonly TracedCheckout[],
  { traceparent: batchContext }: Span,
): Map<string, Span> {
  const spans = new Map<string, Span>();
  for (const { checkoutId, traceparent: parent } of batch) {
    if (parent === undefined) continue;
    const options = {
      kind: 'consumer',
      parent,
      links: [batchContext],
      attributes: { 'lastunit.checkout.id': checkoutId },
    } as const;
    spans.set(checkoutId, tracing.start('settle checkout', options));
  }
  return spans;
}

/** Starts a span for each step, as a child of the batch's span. */
class StepSpans implements StepObserver {
  readonly traceparents: ReadonlyMap<string, string>;
  readonly #tracing: Tracing;
  readonly #parent: string;
  readonly #next: StepObserver;
  #current: Span | undefined;

  constructor(
    tracing: Tracing,
    batch: Span,
    next: StepObserver,
    traceparents: ReadonlyMap<string, string>,
  ) {
    this.#tracing = tracing;
    this.#parent = batch.traceparent;
    this.#next = next;
    this.traceparents = traceparents;
  }

  begin(step: LedgerStep): void {
    this.#next.begin(step);
    this.#current?.end();
    this.#current = this.#tracing.start(STEP_NAMES[step], { parent: this.#parent });
  }

  end(): void {
    this.#next.end?.();
    this.#current?.end();
    this.#current = undefined;
  }
}

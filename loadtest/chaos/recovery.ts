import {
  type Api,
  type ApiAnswer,
  describeAnswer,
  ifUnreachable,
  SystemUnreachableError,
} from '../system/api.ts';

/** A checkout must be settled within this time after a fault. */
const RECOVERY_MS_MAX = 60_000;
const WAIT_S = 10;
const FINAL_STATUSES: readonly unknown[] = ['placed', 'rejected'];

interface Probe {
  readonly key: string;
  readonly variantId: string;
}

/**
 * Buys one unit and waits for the outcome, also while the system is unreachable.
 * @returns the milliseconds until the outcome
 * @throws Error if the outcome takes more than 60 s, or if an answer is neither an outcome nor a 202
 */
export async function measureRecovery(api: Api, { key, variantId }: Probe): Promise<number> {
  const startedAt = performance.now();
  const body = { buyerId: key, lines: [{ variantId, quantity: 1 }] };
  const request = { method: 'POST', path: '/v1/checkouts', idempotencyKey: key, body } as const;
  for (;;) {
    // The same key means the same checkout, whatever answer the first attempt got.
    const answer = await api.call({ ...request, waitS: WAIT_S }).catch(ifUnreachable);
    const tookMs = performance.now() - startedAt;
    if (isFinal(answer)) {
      if (tookMs <= RECOVERY_MS_MAX) return Math.round(tookMs);
      throw new Error(`the outcome came only ${toSeconds(tookMs)} s after the fault`);
    }
    if (isOpen(answer) && tookMs < RECOVERY_MS_MAX) continue;
    throw new Error(`no outcome ${toSeconds(tookMs)} s after the fault: ${describe(answer)}`);
  }
}

type Attempt = ApiAnswer | SystemUnreachableError;

function isFinal(answer: Attempt): boolean {
  return 'body' in answer && FINAL_STATUSES.includes(answer.body['status']);
}

function isOpen(answer: Attempt): boolean {
  return answer instanceof SystemUnreachableError || answer.status === 202;
}

function describe(answer: Attempt): string {
  if (answer instanceof SystemUnreachableError) return answer.message;
  return isOpen(answer) ? 'the checkout is still queued' : describeAnswer(answer);
}

function toSeconds(ms: number): number {
  return Math.round(ms / 1_000);
}

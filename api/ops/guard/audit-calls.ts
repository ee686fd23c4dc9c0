import { readLogin } from '../../../shared/access/operator-password.ts';
import type { RefusedError } from '../../../shared/domain/errors.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { ANONYMOUS, type Principal } from '../../http/principal.ts';
import { BOARD_PATH, type OpsContext } from '../context.ts';

/** A longer path is cut off. */
const TARGET_LENGTH_MAX = 300;
/**
 * The maximum number of entries about wrong passwords that a process writes within the window.
 * Guesses from one address are limited before, but an attacker may have many addresses.
 */
const REFUSED_LOGINS_MAX = 1_000;
const REFUSED_LOGINS_WINDOW_MS = 15 * 60 * 1_000;

/** A request under `/ops`, after it was answered. */
export interface AnsweredCall {
  readonly requestId: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Why the guard refused the request; undefined if the guard admitted it. */
  readonly refusal: RefusedError | undefined;
}

/**
 * Records a change by an operator in the audit log: every change on the board, and elsewhere the
 * changes that the guard refused. Our own routes record the changes that they make.
 */
export async function auditChange(
  context: OpsContext,
  operator: Principal,
  { requestId, address, method, path, status, refusal }: AnsweredCall,
): Promise<void> {
  const caller = { context, principal: operator, requestId, address };
  const target = path.slice(0, TARGET_LENGTH_MAX);
  if (path.startsWith(BOARD_PATH)) {
    const outcome = status < 400 ? 'done' : 'refused';
    await recordAudit(caller, 'ops.job_changed', { target, outcome, detail: { method } });
  } else if (refusal !== undefined) {
    const detail = { method, code: refusal.code };
    await recordAudit(caller, 'ops.change_refused', { target, outcome: 'refused', detail });
  }
}

/** Records logins with wrong passwords in the audit log, up to a limit. */
export class RefusedLogins {
  readonly #context: OpsContext;
  #windowEndsAt = 0;
  #recorded = 0;

  constructor(context: OpsContext) {
    this.#context = context;
  }

  /**
   * Records a wrong password. The entry contains the sent name only if an operator has this name:
   * a password that was typed into the wrong field must not get into the log. The answer does not
   * depend on the entry, because operators can log in while MongoDB is down.
   */
  async record(authorization: string | undefined, call: AnsweredCall): Promise<void> {
    const { requestId, address, refusal } = call;
    const sent = readLogin(authorization);
    if (refusal?.code !== 'operator_required' || sent === undefined || !this.#hasRoom()) return;
    const context = this.#context;
    const caller = { context, principal: ANONYMOUS, requestId, address };
    try {
      const isKnown = await context.operators.isKnown(sent.username);
      const target = isKnown ? { target: sent.username } : {};
      await recordAudit(caller, 'ops.login_refused', { ...target, outcome: 'refused' });
    } catch (error) {
      context.log.warn(
        { requestId, reason: errorMessage(error) },
        'a refused login is not audited',
      );
    }
  }

  #hasRoom(): boolean {
    const now = this.#context.clock.now().getTime();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + REFUSED_LOGINS_WINDOW_MS;
      this.#recorded = 0;
    }
    this.#recorded += 1;
    return this.#recorded <= REFUSED_LOGINS_MAX;
  }
}

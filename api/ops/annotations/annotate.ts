import { newId } from '../../../shared/runtime/ids.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';

/** A note on the observatory. */
interface Annotation {
  /** The id of its audit entry. */
  readonly id: string;
  readonly text: string;
}

/** Notes a text in the audit log, where the observatory finds it. */
export async function annotate(caller: AuditedCaller, text: string): Promise<Annotation> {
  const id = newId('aud');
  await recordAudit(caller, 'ops.annotated', { id, detail: { text } });
  return { id, text };
}

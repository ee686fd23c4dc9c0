import { newId } from '../../../shared/runtime/ids.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';

/** A note on the observatory. */
interface Annotation {
  /** The id of its audit entry. */
  readonly id: string;
  readonly text: string;
}

/** Writes a text into the audit log, from which the observatory reads its marks. */
export async function annotate(caller: AuditedCaller, text: string): Promise<Annotation> {
  const id = newId('aud');
  await recordAudit(caller, 'ops.annotated', { id, detail: { text } });
  return { id, text };
}

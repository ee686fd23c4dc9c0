import { redact } from '../runtime/redact.ts';
import { explainFailure } from '../runtime/start-failure.ts';

const LENGTH_MAX = 2_000;

/** What went wrong, as one short text for a person, without passwords. */
export function errorMessage(error: unknown): string {
  const text = explainFailure(error) ?? (error instanceof Error ? error.message : String(error));
  const shown = redact(text);
  return shown.length > LENGTH_MAX ? `${shown.slice(0, LENGTH_MAX)}…` : shown;
}

/** MongoDB aborts a read after this time; the caller gets a 503 and can retry. */
export const READ_TIMEOUT_MS = 5_000;

/** A write is answered within this time, even if its outcome is still unknown. */
export const WRITE_TIMEOUT_MS = 5_000;

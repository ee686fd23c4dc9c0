/** The database gives up a read after this long; the caller is told to try again. */
export const READ_TIMEOUT_MS = 5_000;

/** A write is answered within this time; what became of it may then be unknown. */
export const WRITE_TIMEOUT_MS = 5_000;

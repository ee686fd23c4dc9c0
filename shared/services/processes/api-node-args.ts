/**
 * Options of Node for an API process. V8 lets a heap grow to four times its live data between two
 * collections, or to 1.8 times if its limit is 1.5 GB (`MemoryController::MaxGrowingFactor`).
 * Without this, a flood of refused requests triples the memory of the process.
 */
export const API_NODE_ARGS: readonly string[] = ['--max-old-space-size=1536'];

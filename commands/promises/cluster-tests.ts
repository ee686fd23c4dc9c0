/**
 * Tests of the promises about stock, orders, discounts, faults and webhooks that run on the servers of
 * the run. Those that break a server of their own start a single one, in either topology.
 */
export const CLUSTER_TESTS: readonly string[] = [
  'tests/cluster',
  ...['01', '02', '04', '05', '07', '08', '09', '10', '11', '14', '15', '19'].map(
    (promise) => `tests/promises/${promise}-`,
  ),
  'shared/ledger',
  'worker/deliver-webhooks',
];

/** Four partitions are on all of three masters. */
export const CLUSTER_SETTINGS = { TEST_TOPOLOGY: 'cluster', PARTITIONS: '4' } as const;

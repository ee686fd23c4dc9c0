/**
 * Tests of the promises about stock, orders, discounts, faults and webhooks that use the servers of
 * the run. Tests that break a server start a single server of their own, in either topology.
 */
export const CLUSTER_TESTS: readonly string[] = [
  'tests/cluster',
  ...['01', '02', '04', '05', '07', '08', '09', '10', '11', '14', '15', '19'].map(
    (promise) => `tests/promises/${promise}-`,
  ),
  'shared/ledger',
  'worker/deliver-webhooks',
];

/** With four partitions, each of the three masters has at least one partition. */
export const CLUSTER_SETTINGS = { TEST_TOPOLOGY: 'cluster', PARTITIONS: '4' } as const;

import type { Cluster, Redis } from 'ioredis';

/** Mends a fault of ioredis 6.0 in a new client of a cluster and in its duplicates. */
export function mendCluster(cluster: Cluster): Cluster {
  cluster.on('+node', ignoreFailedAsking);
  // BullMQ duplicates its client.
  const duplicate = cluster.duplicate.bind(cluster);
  cluster.duplicate = ((...given: Parameters<typeof duplicate>) =>
    mendCluster(duplicate(...given))) as typeof duplicate;
  return cluster;
}

/**
 * Before a command that follows `-ASK`, ioredis sends ASKING and drops its promise. If the node does
 * not answer, the rejection of that promise would end the process. The caller learns of the failure
 * from the command itself.
 */
function ignoreFailedAsking(node: Redis): void {
  const asking = node.asking.bind(node);
  node.asking = (callback) => {
    const asked = asking(callback);
    asked.catch(() => undefined);
    return asked;
  };
}

import type { Cluster, Redis } from 'ioredis';

/**
 * The pause before a client connects its subscriber again. Without it, ioredis tries thousands of
 * times a second while all nodes are down.
 */
const SUBSCRIBER_PAUSE_MS = 100;

/** The used part of the `ClusterSubscriber` of ioredis, which ioredis does not export. */
interface Subscriber {
  onSubscriberEnd: () => void;
  getInstance(): Redis | null;
}

/** Mends two faults of ioredis 6.0 in a new client of a cluster and in its duplicates. */
export function mendCluster(cluster: Cluster): Cluster {
  cluster.on('+node', ignoreFailedAsking);
  pauseSubscriber(cluster['subscriber']);
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
    // An argument that is undefined would be sent as an empty one, which Redis refuses.
    const asked = callback === undefined ? asking() : asking(callback);
    asked.catch(() => undefined);
    return asked;
  };
}

/** Delays the connection to another node, unless the subscriber has been replaced meanwhile. */
function pauseSubscriber(subscriber: Subscriber): void {
  const connectAgain = subscriber.onSubscriberEnd;
  subscriber.onSubscriberEnd = () => {
    const ended = subscriber.getInstance();
    setTimeout(() => {
      if (subscriber.getInstance() === ended) connectAgain();
    }, SUBSCRIBER_PAUSE_MS);
  };
}

import { errorMessage } from '../../shared/runtime/error-message.ts';
import { holdPartitionLeases } from './partition-leases.ts';
import { openPartition, type SettlerOptions } from './processor.ts';

/** Settles the checkouts of the partitions whose leases this worker holds. */
interface SettleWorker {
  /** Closes the settlers of all partitions, and then gives up the leases. */
  close(): Promise<void>;
}

interface SettleWorkerOptions extends SettlerOptions {
  /**
   * Called when the partitions that this worker settles have changed; without any, the worker is a
   * standby.
   */
  readonly onPartitions?: (partitions: readonly number[]) => void;
}

/** Takes jobs of each partition while this worker holds its lease. */
export function startSettling(options: SettleWorkerOptions): SettleWorker {
  const { ledger, queue, onPartitions, log } = options;
  const settlers = queue.bulls.map((_, partition) => openPartition(options, partition));
  const active = new Set<number>();
  const leases = holdPartitionLeases({
    store: ledger.store,
    partitions: queue.partitions,
    onError: (error) => log.warn({ reason: errorMessage(error) }, 'settling lease'),
    onGained: (partition) => {
      active.add(partition);
      onPartitions?.([...active]);
      log.info({ partition }, 'settles checkouts from now on');
      settlers[partition]?.activate();
    },
    onLost: (partition) => {
      active.delete(partition);
      onPartitions?.([...active]);
      log.info({ partition }, 'leaves settling to another worker');
      settlers[partition]?.deactivate();
    },
  });
  return {
    close: async () => {
      await Promise.all(settlers.map((settler) => settler.close()));
      await leases.release();
    },
  };
}

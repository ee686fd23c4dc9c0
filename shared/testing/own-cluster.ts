import { startRedisCluster } from '../services/redis-cluster.ts';
import { type ServerGroup, startReplicaSet } from '../services/replica-set.ts';
import { ownServer } from './own-server.ts';

/** Three members of MongoDB and three masters of Redis, which a test file may kill. */
export interface OwnCluster {
  readonly mongodb: ServerGroup;
  readonly redis: ServerGroup;
}

/** Starts the servers for the calling test file only, and stops them after the file's tests. */
export function ownCluster(): OwnCluster {
  const mongodb = ownServer(startReplicaSet);
  const redis = ownServer(startRedisCluster);
  return {
    get mongodb() {
      return mongodb();
    },
    get redis() {
      return redis();
    },
  };
}

/** Starts three masters of Redis for the calling test file only, as `ownCluster` does. */
export function ownRedisCluster(): Pick<OwnCluster, 'redis'> {
  const redis = ownServer(startRedisCluster);
  return {
    get redis() {
      return redis();
    },
  };
}

/** Kills a server and waits until it has ended. The group can restart the server. */
export async function killServer({ members }: ServerGroup, index: number): Promise<void> {
  const member = members[index];
  if (member === undefined) throw new Error(`there is no server ${index}`);
  process.kill(member.pid, 'SIGKILL');
  await member.exited;
}

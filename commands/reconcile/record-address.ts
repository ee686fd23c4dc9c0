import { join } from 'node:path';
import { z } from 'zod';
import type { Env } from '../../shared/runtime/env.ts';
import { readJsonFile } from '../../shared/runtime/read-json.ts';

/** The URLs of the database and, if known, of Redis. */
export interface RecordAddress {
  readonly mongodbUrl: string;
  readonly redisUrl?: string | undefined;
}

const demoFile = z.object({ mongodbUrl: z.string(), redisUrl: z.string() });

/**
 * Returns the URLs from the environment, or the URLs of the system that runs on DATA_DIR.
 * @throws Error if there are no URLs
 */
export async function findRecordAddress(
  env: Pick<Env, 'mongodbUrl' | 'redisUrl' | 'dataDir'>,
): Promise<RecordAddress> {
  if (env.mongodbUrl !== undefined) return { mongodbUrl: env.mongodbUrl, redisUrl: env.redisUrl };
  const running = await readJsonFile(join(env.dataDir, 'demo.json'), demoFile);
  if (running === undefined) {
    throw new Error(
      `Nothing runs on ${env.dataDir}. Start a system with npm start, or set MONGODB_URL.`,
    );
  }
  return { mongodbUrl: running.mongodbUrl, redisUrl: env.redisUrl ?? running.redisUrl };
}

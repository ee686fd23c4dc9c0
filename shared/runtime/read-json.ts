import { readFile } from 'node:fs/promises';
import type { ZodType } from 'zod';

/** Returns a JSON file's content; undefined if it cannot be read or does not fit the schema. */
export async function readJsonFile<T>(path: string, schema: ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Downloads MongoDB `<version>` into `<folder>` and prints the path of mongod as the last line. */
import { MongoBinary } from 'mongodb-memory-server-core';

const [version, downloadDir] = process.argv.slice(2);
if (version === undefined || downloadDir === undefined) {
  throw new Error('usage: download-mongod.ts <version> <folder>');
}
try {
  console.log(`\n${await MongoBinary.getPath({ version, downloadDir })}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

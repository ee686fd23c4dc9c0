/** Downloads MongoDB `<version>` into `<folder>` and prints the path of mongod as the last line. */

import { MongoBinary } from 'mongodb-memory-server-core';
import { errorMessage } from '../../runtime/error-message.ts';

const [version, downloadDir] = process.argv.slice(2);
if (version === undefined || downloadDir === undefined) {
  throw new Error('usage: download-mongod.ts <version> <folder>');
}
try {
  console.log(`\n${await MongoBinary.getPath({ version, downloadDir })}`);
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}

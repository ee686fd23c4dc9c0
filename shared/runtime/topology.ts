import { parseArgs } from 'node:util';
import { EnvError } from './env.ts';
import { errorMessage } from './error-message.ts';

/** `single`: one MongoDB and one Redis; `cluster`: three members and three masters. */
const TOPOLOGIES = ['single', 'cluster'] as const;
type Topology = (typeof TOPOLOGIES)[number];

/**
 * Reads `--topology` and the positional arguments from the command line.
 * @throws EnvError that names the accepted topologies, or the unknown option
 */
export function parseTopology(args = process.argv.slice(2)): {
  readonly topology: Topology;
  readonly positionals: readonly string[];
} {
  const options = { topology: { type: 'string', default: 'single' } } as const;
  const { values, positionals } = parse(() => parseArgs({ args, options, allowPositionals: true }));
  const topology = TOPOLOGIES.find((word) => word === values.topology);
  if (topology === undefined) throw new EnvError(`--topology must be ${TOPOLOGIES.join(' or ')}`);
  return { topology, positionals };
}

function parse<Parsed>(read: () => Parsed): Parsed {
  try {
    return read();
  } catch (error) {
    throw new EnvError(errorMessage(error));
  }
}

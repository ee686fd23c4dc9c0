import { spawn } from 'node:child_process';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { freePort } from '../../shared/services/processes/ports.ts';

const READY_TIMEOUT_MS = 30_000;

/** A running OpenTelemetry Collector. */
export interface Collector {
  /** The URL at which it accepts OTLP over HTTP. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a collector that forwards all spans to `target`.
 * @throws Error if it ends before it is ready, or DeadlineError after 30 s
 */
export async function startCollector(path: string, target: string): Promise<Collector> {
  const address = `127.0.0.1:${await freePort()}`;
  const config = JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: address } } } },
    exporters: { otlphttp: { endpoint: target, encoding: 'json', compression: 'none' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlphttp'] } },
    },
  });
  const child = spawn(path, ['--config', `yaml:${config}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Everything is ready')) resolve();
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the collector ended:\n${output}`)));
  });
  try {
    await withDeadline('the collector', READY_TIMEOUT_MS, ready);
  } catch (error) {
    // Nothing else would stop a collector that is too slow.
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url: `http://${address}`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

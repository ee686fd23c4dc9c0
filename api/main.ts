/** `npm run api`: one API process. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  configOrExit,
  printHelpIfAsked,
  readArguments,
  startOrExit,
} from '../shared/runtime/command-line.ts';
import { explainListenError } from '../shared/runtime/error-message.ts';
import { ignoreOutputErrors } from '../shared/runtime/output.ts';
import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { passwordEstimator } from './access/passwords/weak-password.ts';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { createContext } from './context.ts';
import { createApiServer } from './server/create-server.ts';
import { ServerDrain } from './server/drain-server.ts';

ignoreOutputErrors();
printHelpIfAsked(`
npm run api: one API process, on the MongoDB and Redis of MONGODB_URL and REDIS_URL.
It listens on HOST and PORT and ends on SIGTERM. See .env.example for all settings.`);
readArguments(0);

/**
 * When a sale starts, thousands of clients connect at the same moment. The kernel lowers this value
 * to `net.core.somaxconn`, and drops connections beyond it; their clients retry after a second or
 * more.
 */
const LISTEN_BACKLOG = 65_535;

const config = configOrExit(readConfig);
passwordEstimator(); // Load its word lists now, because loading them later would delay requests.
const context = await startOrExit(() => createContext(config));
const server = createApiServer(context, createApp(context).fetch);
const serverDrain = new ServerDrain(server);

server.on('error', (error) => {
  const reason = explainListenError(error, config) ?? error.message;
  context.log.fatal({ reason }, 'cannot listen');
  process.exit(1);
});
server.listen({ port: config.port, host: config.host, backlog: LISTEN_BACKLOG }, () => {
  context.log.info({ host: config.host, port: config.port }, 'listening');
  process.send?.({ type: 'ready' });
});

drainOnSignal(
  context.log,
  async () => {
    context.draining.begin();
    // Load balancers send requests until they have seen /readyz answer 503.
    await sleep(config.drainDelayMs);
    context.outcomes.stop();
    context.ops.observatory.end();
    await serverDrain.close();
    await context.close();
  },
  config.drainDelayMs + config.drainTimeoutMs,
);

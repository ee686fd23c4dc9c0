/** `npm run api`: one API process. */
import { createAdaptorServer } from '@hono/node-server';
import { argumentsAtMost, configOrExit, printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { createContext } from './context.ts';

printHelpIfAsked(`
npm run api: one API process, on the MongoDB and Redis of MONGODB_URL and REDIS_URL.
It listens on HOST and PORT and ends on SIGTERM. What else can be set stands in .env.example.`);
argumentsAtMost(0);

const config = configOrExit(readConfig);
const context = await createContext(config);
const server = createAdaptorServer({ fetch: createApp(context).fetch });

server.on('error', (error) => {
  context.log.fatal({ err: error }, 'cannot listen');
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  context.log.info({ host: config.host, port: config.port }, 'listening');
  process.send?.({ type: 'ready' });
});

drainOnSignal(context.log, async () => {
  context.outcomes.stop();
  await new Promise((resolve) => {
    server.close(resolve);
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
  await context.close();
});

import { createAdaptorServer } from '@hono/node-server';
import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { createContext } from './context.ts';

const config = readConfig();
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

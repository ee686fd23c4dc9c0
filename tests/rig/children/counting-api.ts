import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** An API that logs the client port of each accepted connection to standard error. */
subscribe('net.server.socket', (message) => {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return;
  const { socket } = message;
  if (socket instanceof Socket) process.stderr.write(`accepted port ${socket.remotePort}\n`);
});

await import('../../../api/main.ts');

/** A module of the MongoDB driver that has no types of its own. */
declare module 'mongodb/lib/utils.js' {
  import type { Socket } from 'node:net';

  const utils: {
    once(socket: Socket, name: string, options?: object): Promise<unknown>;
  };
  export default utils;
}

import driver from 'mongodb/lib/utils.js';
import mongoose from 'mongoose';

const { once } = driver;

/**
 * Makes the MongoDB driver reject a command that it writes to a closed socket.
 *
 * If a server closes a connection, the driver can still use the connection until the socket's
 * `close` event. A write then returns false, and the driver (7.8) waits for `drain` or `error`,
 * neither of which a closed socket emits. No timeout applies, so the operation never ends, and with
 * it every operation that waits for it. The driver calls `once` for this wait only.
 */
export function rejectWritesToClosedSockets(): void {
  driver.once = async (socket, name, options) => {
    if (socket.closed) throw closedError();
    const closed = Promise.withResolvers<never>();
    const onClose = () => closed.reject(closedError());
    socket.once('close', onClose);
    try {
      return await Promise.race([once(socket, name, options), closed.promise]);
    } finally {
      socket.off('close', onClose);
    }
  };
}

const closedError = () =>
  new mongoose.mongo.MongoNetworkError('The connection was closed while the command was written.');

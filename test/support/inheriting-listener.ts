/**
 * A process that listens on 127.0.0.1 at the port it is given, through the socket it inherits as descriptor 3. Tells
 * its parent `listening`, then how many octets the address of the first connection has, and ends.
 */
import { InheritedSockets } from '../../src/runtime/inherited-sockets.ts';
import { TcpTransport } from '../../src/runtime/tcp-transport.ts';

const { pid } = process;
const inherited = new InheritedSockets({ LISTEN_FDS: '1', LISTEN_PID: String(pid) }, pid);
const on = { address: Uint8Array.of(127, 0, 0, 1), port: Number(process.argv[2]) };
const listener = await new TcpTransport(undefined, inherited).listen(on, (connection) => {
  process.send!(connection.remoteAddress.length);
  connection.abort();
  listener.close();
  process.disconnect();
});
process.send!('listening');

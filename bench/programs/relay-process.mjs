/** The relay as a process: relay-process.mjs ADDRESS ROUTER-ID AS; copies every message to all other sessions. */
import { listen } from './bgp-endpoint.mjs';

const [address, routerId, asNumber] = process.argv.slice(2);

listen({ address, routerId, asNumber }, (source, bytes, sessions) => {
  for (const socket of sessions) if (socket !== source) socket.write(bytes);
});

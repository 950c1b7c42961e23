/**
 * The feeder as a process, because a session starts inside a network namespace:
 *
 *   feed.ts PEER-ADDRESS AS ROUTER-ID MRT-FILE
 *
 * Prints one JSON line when everything is sent and then keeps the session alive.
 */
import { feed } from './support/feeder.ts';
import { readUpdates } from './support/mrt.ts';

const [peerAddress, asNumber, routerId, file] = process.argv.slice(2);
const updates = readUpdates(file!);
const sent = await feed({
  peerAddress: peerAddress!,
  asNumber: Number(asNumber),
  routerId: routerId!,
  updates,
});
console.log(JSON.stringify(sent));

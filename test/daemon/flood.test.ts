import t from 'tap';
import { encodeEndOfRib } from '../../src/bgp/wire/update-writer.ts';
import { RestartLab, route, V4, V6 } from './restart-lab.ts';

const [BAD, GOOD] = ['10.0.0.2', '10.0.0.3'];
const MESSAGES_PER_SECOND = 10_000;

t.test('10,000 malformed messages a second from one peer leave the others untouched', async (t) => {
  const lab = new RestartLab(['bad', 'good'], ', routeReflectorClient: true');
  await lab.helper.start();
  const bad = await lab.arrive(BAD);
  const good = await lab.arrive(GOOD);
  for (const peer of [bad, good]) peer.send(encodeEndOfRib(V4), encodeEndOfRib(V6));
  const malformed = route('10.1.0.0/16', BAD);
  malformed[26] = 7; // ORIGIN
  const second = Buffer.concat(new Array<Uint8Array>(MESSAGES_PER_SECOND).fill(malformed));
  for (let seconds = 0; seconds < 3; seconds++) {
    bad.send(second);
    good.send(route(`10.2.${seconds}.0/24`, GOOD));
    await lab.seconds(1);
  }
  t.equal(lab.helper.state('good'), 'Established');
  t.same(lab.routes(), ['10.2.0.0/24', '10.2.1.0/24', '10.2.2.0/24']);
  t.equal(lab.helper.state('bad'), 'Established', 'treated as withdrawn (RFC 7606 §2)');
  const faultyUpdates = { 'treat-as-withdraw': 3 * MESSAGES_PER_SECOND };
  t.match(lab.helper.views.neighbor('bad'), { faultyUpdates });
});

import t from 'tap';
import { AFI_IPV4, SAFI_UNICAST } from '../../src/bgp/wire/constants.ts';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { encodeOpen } from '../../src/bgp/wire/open.ts';
import { encodeEndOfRib } from '../../src/bgp/wire/update-writer.ts';
import { parseAddress } from '../../src/net/text.ts';
import { Puppet } from '../bgp/session/lab.ts';
import { Lab } from '../support/lab.ts';

const HELPER = '10.0.0.1';
const PEER = '10.0.0.2';
const RESTART_TIME_SEC = 60;

const CONFIG = `
router: { asNumber: 64512, routerId: ${HELPER} }
neighbors: [ { name: peer, address: ${PEER}, asNumber: 64512, passive: true } ]`;

const OPEN = encodeOpen({
  asNumber: 64512,
  holdTimeSec: 0,
  routerId: 0x0a00_0002,
  capabilities: [
    {
      kind: 'graceful-restart',
      isRestarting: true,
      hasNotificationSupport: false,
      restartTimeSec: RESTART_TIME_SEC,
      families: [{ afi: AFI_IPV4, safi: SAFI_UNICAST, isForwardingPreserved: true }],
    },
  ],
});

/** An UPDATE with 10.1.0.0/16, an empty AS_PATH and the peer as next hop. */
const ROUTE = Uint8Array.from(
  Buffer.from(
    `${'ff'.repeat(16)}002f02 0000 0015 40010100 400200 4003040a000002 40050400000064 100a01`.replaceAll(
      ' ',
      '',
    ),
    'hex',
  ),
);

async function arrive(lab: Lab, puppet: Puppet): Promise<void> {
  puppet.dial(HELPER);
  await lab.settle(100);
  puppet.send(OPEN, KEEPALIVE);
  await lab.settle(100);
}

t.test('a neighbour that is back gets its restart time anew (SESS-4)', async (t) => {
  const lab = new Lab();
  const helper = lab.node(HELPER, CONFIG);
  await helper.start();
  const host = lab.network.host(parseAddress(PEER)!);
  const before = new Puppet(host);
  await arrive(lab, before);
  before.send(ROUTE, encodeEndOfRib('ipv4-unicast'));
  await lab.settle(100);
  t.same(helper.routes(), ['10.1.0.0/16 via 10.0.0.2']);
  before.connection!.abort();
  await lab.settle((RESTART_TIME_SEC - 1) * 1000);
  const after = new Puppet(host);
  await arrive(lab, after);
  t.equal(helper.state('peer'), 'Established');
  await lab.settle((RESTART_TIME_SEC - 1) * 1000);
  t.same(helper.routes(), ['10.1.0.0/16 via 10.0.0.2'], 'it may take its time to send a table');
  await lab.settle(2000);
  t.same(helper.routes(), [], 'but not for ever');
});

/** Link-local addresses on real links: next hops in pairs with FRR (RFC 2545), interface peers with passwords. */
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { FRR_FOLDER, startFrr } from '../../lab/support/frr-daemons.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** A Catbird in a namespace. */
function speaker(
  lab: Laboratory,
  name: string,
  namespace: string,
  config: object,
  prefix: readonly string[] = [],
) {
  const [file, socket] = [lab.path(`${name}.json`), lab.path(`${name}.sock`)];
  const write = (next: object) => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  write(config);
  const argv = [process.execPath, CATBIRD];
  lab.start(name, namespace, [...prefix, ...argv, 'run', '--config', file, '--api', socket]);
  const show = (...what: string[]) =>
    run([...argv, 'show', ...what, '--api', socket, '-o', 'json']);
  return { write, show };
}

function demand(text: string, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) if (!pattern.test(text)) throw new Error(`${pattern}: ${text}`);
}

async function inLab(t: Test, play: (lab: Laboratory) => Promise<void>): Promise<void> {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  try {
    await play(lab);
    t.pass('all of it held');
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
}

const BGPD_CONFIG = `
router bgp 64513
 bgp router-id 172.18.0.3
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 2001:db8::2 remote-as 64512
 neighbor 2001:db8::2 timers connect 1
 address-family ipv6 unicast
  neighbor 2001:db8::2 activate
  network 2001:db8:2::/48
 exit-address-family
exit
`;

const withoutFrr =
  obstacleTo([`${FRR_FOLDER}/zebra`, `${FRR_FOLDER}/bgpd`, 'vtysh'], catbird) ?? false;

t.test('both next hops on a shared link, with FRR (RFC 2545 §3)', { skip: withoutFrr }, (t) =>
  inLab(t, async (lab) => {
    const near = lab.network.addHost('near', '172.18.0.2/24');
    const far = lab.network.addHost('far', '172.18.0.3/24');
    for (const [host, n] of [
      [near, 2],
      [far, 3],
    ] as const) {
      lab.run(host, ['ip', 'address', 'add', `2001:db8::${n}/64`, 'dev', 'eth0', 'nodad']);
    }
    const { ask } = startFrr(lab, far, { zebra: 'log stdout\n', bgpd: BGPD_CONFIG });
    const { show } = speaker(lab, 'near', near, {
      router: { asNumber: 64512, routerId: '172.18.0.2' },
      blocks: [{ cidr: '2001:db8:1::/48' }],
      neighbors: [{ name: 'far', address: '2001:db8::3', asNumber: 64513 }],
    });
    const linkLocal = (host: string) =>
      /fe80::[0-9a-f:]+/.exec(lab.run(host, ['ip', '-6', 'address', 'show', 'dev', 'eth0']))![0];
    await lab.expect('our kernel goes by the link-local address of FRR', 40, () =>
      demand(
        lab.run(near, ['ip', '-6', 'route']),
        new RegExp(`2001:db8:2::/48 via ${linkLocal(far)} dev eth0`),
      ),
    );
    demand(
      show('adj-in', 'far'),
      /"nextHop":\s*"2001:db8::3"/,
      new RegExp(`"nextHopLinkLocal":\\s*"${linkLocal(far)}"`),
    );
    await lab.expect("FRR's kernel goes by ours", 20, () => {
      const route = ask('show bgp ipv6 unicast 2001:db8:1::/48');
      demand(route, /2001:db8::2 from 2001:db8::2/, new RegExp(linkLocal(near)));
      demand(
        ask('show ipv6 route bgp'),
        new RegExp(`2001:db8:1::/48 .*via ${linkLocal(near)}, eth0`),
      );
    });
  }),
);

const skip = obstacleTo([], catbird) ?? false;

t.test('interface peers with passwords of their own, changed live (SESS-9)', { skip }, (t) =>
  inLab(t, async (lab) => {
    const near = lab.network.addHost('near', '172.18.0.2/24');
    /** Waits for the others to dial, so that the keys of its listener count. */
    const nearConfig = (one: string, two: string) => ({
      router: { asNumber: 64512, routerId: '172.18.0.2' },
      neighbors: [
        { name: 'one', interface: 'link1', asNumber: 64513, passive: true, password: one },
        { name: 'two', interface: 'link2', asNumber: 64514, passive: true, password: two },
        { name: 'open', interface: 'link3', asNumber: 64515, passive: true },
      ],
    });
    const far = [
      ['one', 'link1', 64513, 'first'],
      ['two', 'link2', 64514, 'second'],
      ['open', 'link3', 64515, undefined],
    ] as const;
    const farConfig = (asNumber: number, password: string | undefined) => ({
      router: { asNumber, routerId: `172.18.1.${asNumber - 64500}` },
      neighbors: [
        { name: 'near', interface: 'eth9', asNumber: 64512, connectRetryTime: 1, password },
      ],
    });
    const others = far.map(([name, link, asNumber, password], i) => {
      const host = lab.network.addHost(name, `172.18.0.${10 + i}/24`);
      lab.network.join([near, link], [host, 'eth9']);
      return speaker(lab, name, host, farConfig(asNumber, password));
    });
    const { show, write } = speaker(lab, 'near', near, nearConfig('first', 'second'));
    const neighbors = () => JSON.parse(show('neighbors')) as { state: string; since: string }[];
    await lab.expect('all three are up', 40, () =>
      demand(
        neighbors()
          .map(({ state }) => state)
          .join(' '),
        /^Established Established Established$/,
      ),
    );
    const before = neighbors().map(({ since }) => since);
    write(nearConfig('first', 'another'));
    others[1]!.write(farConfig(64514, 'another'));
    await lab.expect('the new key is in force', 10, () =>
      demand(show('config'), /"password":\s*"\*{8}"/),
    );
    lab.run(near, ['ip', 'link', 'set', 'link2', 'down']);
    lab.run(near, ['ip', 'link', 'set', 'link2', 'up']);
    await lab.expect('a new session takes it', 30, () => {
      const [one, two, open] = neighbors();
      if (two!.state !== 'Established' || two!.since === before[1])
        throw new Error(JSON.stringify(two));
      if (one!.since !== before[0] || open!.since !== before[2]) throw new Error('others were hit');
    });
  }),
);

t.test('a reflector without privileges sees a link go down', { skip }, (t) =>
  inLab(t, async (lab) => {
    const near = lab.network.addHost('near', '172.18.0.2/24');
    const far = lab.network.addHost('far', '172.18.0.3/24');
    const config = (own: number, more: object) => ({
      router: { asNumber: 64510 + own, routerId: `172.18.0.${own}`, listen: { port: 1790 } },
      ...more,
    });
    const timers = { port: 1790, connectRetryTime: 1, holdTime: 90 };
    const toNear = { name: 'near', address: '172.18.0.2', asNumber: 64512, ...timers };
    const toFar = { name: 'far', address: '172.18.0.3', asNumber: 64513, ...timers };
    speaker(lab, 'far', far, config(3, { neighbors: [toNear] }));
    const reflector = config(2, { fib: { enabled: false }, neighbors: [toFar] });
    const { show } = speaker(lab, 'near', near, reflector, ['setpriv', '--bounding-set=-all']);
    const state = () => show('neighbors');
    await lab.expect('the session is up', 40, () => demand(state(), /"Established"/));
    lab.run(near, ['ip', 'link', 'set', 'eth0', 'down']);
    await lab.expect('it is down at once', 5, () => {
      if (/"Established"/.test(state())) throw new Error('still up');
    });
  }),
);

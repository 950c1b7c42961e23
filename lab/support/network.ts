/**
 * A network made of namespaces: hosts on one Ethernet segment, pods behind hosts as Calico wires them.
 *
 *   pod eth0 ── cali… host eth0 ── br0 in the `switch` namespace ── eth0 host cali… ── eth0 pod
 *
 * Every namespace carries the pid of the lab that made it, so that a later run finds and removes what
 * a killed one left behind. Nothing outside these namespaces is touched.
 */
import { existsSync } from 'node:fs';
import { attempt, inside, run } from './shell.ts';

const MARK = 'catbird-lab-';

/** The link-local gateway every Calico pod uses, and the MAC address of the host's end. */
const POD_GATEWAY = '169.254.1.1';
const POD_GATEWAY_MAC = 'ee:ee:ee:ee:ee:ee';

/** What Calico's Felix gives the routes to its pods: rtm_protocol 80, metric 1024. */
const FELIX_ROUTE = 'scope link protocol 80 metric 1024';

let networks = 0;

export class Network {
  readonly #prefix = `${MARK}${process.pid}-${++networks}-`;
  readonly #namespaces = new Set<string>();
  readonly #switch: string;
  #ports = 0;

  constructor() {
    removeLeftovers();
    this.#switch = this.#addNamespace('switch');
    this.#ip(this.#switch, ['link add br0 type bridge', 'link set br0 up']);
  }

  /**
   * Adds a host on the segment that forwards packets.
   *
   * @param cidr its address with the segment's length: `172.18.0.2/16`
   * @returns the name of its namespace
   */
  addHost(name: string, cidr: string): string {
    const host = this.#addNamespace(name);
    const port = `port${++this.#ports}`;
    this.#ip(this.#switch, [
      `link add ${port} type veth peer name eth0 netns ${host}`,
      `link set ${port} master br0 up`,
    ]);
    this.#ip(host, [`address add ${cidr} dev eth0`, 'link set eth0 up']);
    this.#sysctl(host, 'net/ipv4/ip_forward');
    return host;
  }

  /** A cable between two hosts: `[namespace, interface]` at each end. */
  join(a: readonly [string, string], b: readonly [string, string]): void {
    this.#ip(a[0], [
      `link add ${a[1]} type veth peer name ${b[1]} netns ${b[0]}`,
      `link set ${a[1]} up`,
    ]);
    this.#ip(b[0], [`link set ${b[1]} up`]);
  }

  /**
   * Adds a pod behind a host: one address, default route to 169.254.1.1, host route on the host.
   *
   * @param address without length
   * @returns the name of its namespace
   */
  addPod(host: string, name: string, address: string): string {
    const pod = this.#addNamespace(name);
    const cali = `cali${++this.#ports}`;
    this.#ip(host, [
      `link add ${cali} address ${POD_GATEWAY_MAC} type veth peer name eth0 netns ${pod}`,
      `link set ${cali} up`,
      `route add ${address}/32 dev ${cali} ${FELIX_ROUTE}`,
    ]);
    this.#sysctl(host, `net/ipv4/conf/${cali}/proxy_arp`);
    this.#ip(pod, [
      `address add ${address}/32 dev eth0`,
      'link set eth0 up',
      `route add ${POD_GATEWAY} dev eth0 scope link`,
      `route add default via ${POD_GATEWAY} dev eth0`,
      // Without a default route on the host its kernel does not proxy for an address it cannot route.
      `neigh add ${POD_GATEWAY} lladdr ${POD_GATEWAY_MAC} dev eth0 nud permanent`,
    ]);
    return pod;
  }

  /** Removes every namespace; safe to call twice. Processes inside must have ended. */
  dispose(): void {
    for (const namespace of this.#namespaces) attempt(['ip', 'netns', 'delete', namespace]);
    this.#namespaces.clear();
  }

  #addNamespace(name: string): string {
    const namespace = this.#prefix + name;
    run(['ip', 'netns', 'add', namespace]);
    this.#namespaces.add(namespace);
    this.#ip(namespace, ['link set lo up']);
    return namespace;
  }

  #ip(namespace: string, commands: readonly string[]): void {
    run(['ip', '-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
  }

  #sysctl(namespace: string, key: string): void {
    run(inside(namespace, ['sh', '-c', `echo 1 > /proc/sys/${key}`]));
  }
}

/** Ends and removes what labs left behind whose process is gone. */
function removeLeftovers(): void {
  for (const line of run(['ip', 'netns', 'list']).split('\n')) {
    const namespace = line.split(' ')[0] ?? '';
    const pid = namespace.startsWith(MARK) && namespace.slice(MARK.length).split('-')[0];
    if (!pid || existsSync(`/proc/${pid}`)) continue;
    for (const leftover of run(['ip', 'netns', 'pids', namespace]).split('\n')) {
      if (leftover) attempt(['kill', '-KILL', leftover]);
    }
    attempt(['ip', 'netns', 'delete', namespace]);
  }
}

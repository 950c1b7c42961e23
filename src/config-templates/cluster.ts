/**
 * The cluster as one node sees it: the few facts about itself and the others that nearly every rule
 * asks for (AS numbers, addresses, ports, reflector ids).
 */
import type { BgpConfiguration, CalicoNode, Snapshot } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { parseAddress } from '../net/text.ts';
import type { Report, ViewOptions } from './options.ts';
import { ViewMemo } from './view-memo.ts';

const DEFAULT_AS = 64512;
export const DEFAULT_PORT = 179;
const DEFAULT_PRIORITY = 1024;

export class Cluster {
  readonly snapshot: Snapshot;
  readonly options: ViewOptions;
  readonly own: CalicoNode;
  readonly report: Report;
  readonly remark: Report;
  /** BGPConfiguration `default`, empty when there is none. */
  readonly defaults: BgpConfiguration;
  /** BGPConfiguration of the own node, empty when there is none. */
  readonly perNode: BgpConfiguration;
  /** All nodes in order of their names. */
  readonly nodes: readonly CalicoNode[];
  /** What earlier renderings left that may still be true. */
  readonly memo: ViewMemo;
  readonly #nodesByAddress: ReadonlyMap<string, CalicoNode>;
  /** Listen ports of single nodes, by the name of their BGPConfiguration. */
  readonly #ports = new Map<string, number>();

  constructor(
    snapshot: Snapshot,
    own: CalicoNode,
    options: ViewOptions,
    notes: { readonly report: Report; readonly remark: Report },
    memo = new ViewMemo(),
  ) {
    this.memo = memo;
    this.snapshot = snapshot;
    this.options = options;
    this.own = own;
    this.report = notes.report;
    this.remark = notes.remark;
    this.defaults = snapshot.bgpConfigurations.get('default') ?? { name: 'default' };
    const perNode = `node.${own.name}`;
    this.perNode = snapshot.bgpConfigurations.get(perNode) ?? { name: perNode };
    this.nodes = [...snapshot.nodes.values()].sort((a, b) => compareText(a.name, b.name));
    for (const { name, listenPort } of snapshot.bgpConfigurations.values()) {
      if (name.startsWith('node.') && listenPort) this.#ports.set(name.slice(5), listenPort);
    }
    const byAddress = new Map<string, CalicoNode>();
    for (const node of this.nodes) {
      for (const family of FAMILIES) {
        const address = addressOf(node, family);
        if (address !== undefined) byAddress.set(address, node);
      }
    }
    this.#nodesByAddress = byAddress;
  }

  /** AS of nodes without one of their own (ID-4). */
  get globalAs(): number {
    return this.defaults.asNumber || DEFAULT_AS;
  }

  /** AS of a node: its own, or the cluster's (ID-4, AMB-1). */
  asOf(node: CalicoNode): number {
    return node.asNumber || this.globalAs;
  }

  /** Port a node listens on, undefined when no configuration says so and 179 applies (PORT-1). */
  listenPortOf(node: CalicoNode): number | undefined {
    return this.#ports.get(node.name) ?? this.defaults.listenPort;
  }

  /** Own address of a family; undefined means no sessions of that family (FAM-2). */
  ownAddress(family: Family): string | undefined {
    return addressOf(this.own, family);
  }

  /** The node with an address, given in canonical text. */
  nodeAt(address: string): CalicoNode | undefined {
    return this.#nodesByAddress.get(address);
  }

  /** Metric of ordinary routes, N (PRIO-5). */
  normalPriority(family: Family): number {
    const { ipv4NormalRoutePriority, ipv6NormalRoutePriority } = this.defaults;
    const priority = family === 'ipv4-unicast' ? ipv4NormalRoutePriority : ipv6NormalRoutePriority;
    return priority ?? DEFAULT_PRIORITY;
  }

  /** Own route-reflector cluster id, undefined for ordinary nodes (RR-1). */
  get clusterId(): string | undefined {
    return this.own.routeReflectorClusterID || undefined;
  }

  matches(selector: string, node: CalicoNode): boolean {
    return this.options.matchesSelector(selector, node.labels);
  }
}

/** A node's BGP address with prefix length. */
export function subnetOf(node: CalicoNode, family: Family): string | undefined {
  return (family === 'ipv4-unicast' ? node.ipv4Address : node.ipv6Address) || undefined;
}

/** A node's BGP address without prefix length. */
export function addressOf(node: CalicoNode, family: Family): string | undefined {
  const known = ADDRESSES.get(node) ?? splitAddresses(node);
  return known[family];
}

/** Nodes stay the same object from snapshot to snapshot, and rules ask for their addresses all the time. */
const ADDRESSES = new WeakMap<CalicoNode, Readonly<Record<Family, string | undefined>>>();

function splitAddresses(node: CalicoNode): Readonly<Record<Family, string | undefined>> {
  const addresses = {
    'ipv4-unicast': node.ipv4Address?.split('/')[0] || undefined,
    'ipv6-unicast': node.ipv6Address?.split('/')[0] || undefined,
  };
  ADDRESSES.set(node, addresses);
  return addresses;
}

/** The family an address text belongs to. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
}

/** `ipv4` or `ipv6`, as policy names spell it. */
export function shortName(family: Family): 'ipv4' | 'ipv6' {
  return family === 'ipv4-unicast' ? 'ipv4' : 'ipv6';
}

/** Byte order for the texts names and addresses are made of. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether a text is an address. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/**
 * What `ip -j` prints, as values. Its JSON is outside data: whatever does not fit is left out.
 *
 * Called with `-N -d`, so that types, tables and protocols are numbers (in text form) and always there.
 */
import type { Address } from '../net/address.ts';
import { maximumLength } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { parseAddress, parsePrefix } from '../net/text.ts';
import type {
  InterfaceAddress,
  KernelLink,
  KernelNextHop,
  KernelRoute,
  RouteFilter,
  RouteType,
} from './kernel.ts';
import { RTN_BLACKHOLE, RTN_PROHIBIT, RTN_UNICAST, RTN_UNREACHABLE } from './netlink-constants.ts';

type Json = Readonly<Record<string, unknown>>;

const TYPES: ReadonlyMap<number, RouteType> = new Map([
  [RTN_UNICAST, 'unicast'],
  [RTN_BLACKHOLE, 'blackhole'],
  [RTN_UNREACHABLE, 'unreachable'],
  [RTN_PROHIBIT, 'prohibit'],
]);

/** Parses the output of a listing; throws SyntaxError when it is no JSON. */
export function parseListing(text: string): Json[] {
  return text.trim() === '' ? [] : list(JSON.parse(text));
}

/** One entry of `ip -j -N -d route`; undefined for types Catbird does not deal with. */
export function routeOf(entry: Json, family: RouteFilter['family']): KernelRoute | undefined {
  const type = TYPES.get(number(entry['type']));
  const prefix = destinationOf(entry['dst'], family);
  if (!type || !prefix || entry['tos'] !== undefined) return undefined;
  const hops = entry['nexthops'] === undefined ? [entry] : list(entry['nexthops']);
  return {
    prefix,
    target: {
      type,
      nextHops: type === 'unicast' ? hops.map(hopOf) : [],
      metric: number(entry['metric']),
    },
    table: number(entry['table']),
    protocol: number(entry['protocol']),
    scope: number(entry['scope']),
  };
}

/** One entry of `ip -j link`. */
export function linkOf(entry: Json): KernelLink {
  const flags = strings(entry['flags']);
  const isEnabled = flags.includes('UP');
  const isUp = isEnabled && flags.includes('LOWER_UP');
  return { name: text(entry['ifname']), index: number(entry['ifindex']), isEnabled, isUp };
}

/** All addresses of one entry of `ip -j addr`. */
export function addressesOf(entry: Json): InterfaceAddress[] {
  const { name, index, isUp } = linkOf(entry);
  return list(entry['addr_info']).flatMap((info) => {
    const address = parseAddress(text(info['local']));
    if (!address) return [];
    const peer = info['address'] === undefined ? undefined : parseAddress(text(info['address']));
    return [
      {
        interface: name,
        interfaceIndex: index,
        isUp,
        address,
        prefixLength: number(info['prefixlen']),
        ...(peer && { peer }),
        isSecondary: info['secondary'] === true || info['temporary'] === true,
        isGlobalScope: info['scope'] === 'global',
      },
    ];
  });
}

function destinationOf(value: unknown, family: RouteFilter['family']): Prefix | undefined {
  const words = text(value);
  if (words === 'default') return makePrefix(new Uint8Array(maximumLength(family) / 8), 0);
  if (words.includes('/')) return parsePrefix(words);
  const address = parseAddress(words);
  return address && makePrefix(address, maximumLength(family));
}

function hopOf(entry: Json): KernelNextHop {
  const via = gatewayOf(entry);
  const dev = text(entry['dev']);
  const weight = number(entry['weight']);
  return {
    ...(via && { via }),
    ...(dev && { dev }),
    ...(strings(entry['flags']).includes('onlink') && { onlink: true }),
    ...(weight > 1 && { weight }),
  };
}

/** `via` is an object: a gateway of the other family. */
function gatewayOf(entry: Json): Address | undefined {
  const via = record(entry['via']);
  return parseAddress(text(via ? via['host'] : entry['gateway']));
}

function list(value: unknown): Json[] {
  if (!Array.isArray(value)) return [];
  return value.map(record).filter((entry) => entry !== undefined);
}

function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  const parsed = Number(value ?? 0);
  return Number.isFinite(parsed) ? parsed : 0;
}

/** Which keys of etcd hold what (calico-datastore.md §4.1), and their values as readings. */
import { type Reading, readObjects, spoiltObject } from '../read-object.ts';
import { TEMPLATES_NAMESPACE } from '../snapshot.ts';

const RESOURCES = '/calico/resources/v3/projectcalico.org/';
const API_VERSION = 'projectcalico.org/v3';
/** Larger values are refused; servers take 1.5 MiB unless told otherwise. */
const MAX_VALUE_BYTES = 2 * 1024 * 1024;

/** Kinds by the name of their keys. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['bgpconfigurations', 'BGPConfiguration'],
  ['bgppeers', 'BGPPeer'],
  ['bgpfilters', 'BGPFilter'],
  ['ippools', 'IPPool'],
  ['nodes', 'Node'],
  ['clusterinformations', 'ClusterInformation'],
]);

export interface KeyRange {
  readonly key: string;
  /** Exclusive. */
  readonly rangeEnd: string;
}

/** What of the keys is ours besides each kind's. */
export interface KeyScope {
  /** Calico name of the own node, whose address blocks are read. */
  readonly node: string;
  /** Users' templates, ending in a slash: `PREFIX/NAME.yaml.liquid`; undefined: none are read. */
  readonly templatesPrefix?: string | undefined;
}

/** The ranges that are read and followed. */
export function keyRanges({ node, templatesPrefix }: KeyScope): readonly KeyRange[] {
  const kinds = [...KINDS.keys()].map((plural) => `${RESOURCES}${plural}/`);
  const templates = templatesPrefix === undefined ? [] : [templatesPrefix];
  return [...kinds, ...templates, affinityPrefix(node)].map((prefix) => ({
    key: prefix,
    rangeEnd: `${prefix.slice(0, -1)}0`, // the character after '/'
  }));
}

/**
 * Reads what a key holds.
 *
 * @returns undefined when the key is none of ours, such as one with more parts
 */
export function readKey(
  key: string,
  value: Uint8Array,
  { node, templatesPrefix }: KeyScope,
): Reading | undefined {
  if (templatesPrefix !== undefined && key.startsWith(templatesPrefix)) {
    return readTemplate(key, key.slice(templatesPrefix.length), value);
  }
  return key.startsWith(RESOURCES) ? readResource(key, value) : readAffinity(key, value, node);
}

/** A text as it is; it stands among the ConfigMaps, under a namespace no ConfigMap has. */
function readTemplate(key: string, name: string, octets: Uint8Array): Reading | undefined {
  if (name === '' || name.includes('/') || octets.length > MAX_VALUE_BYTES) return undefined;
  const text = new TextDecoder().decode(octets);
  const object = {
    collection: 'configMaps',
    key: `${TEMPLATES_NAMESPACE}/${name}`,
    label: key,
    value: { namespace: TEMPLATES_NAMESPACE, name, data: { [name]: text } },
    standIn: undefined,
    place: undefined,
  } as const;
  return { objects: [object], faults: [] };
}

function readResource(key: string, value: Uint8Array): Reading | undefined {
  const [plural = '', name = '', ...more] = key.slice(RESOURCES.length).split('/');
  const kind = KINDS.get(plural);
  if (kind === undefined || name === '' || more.length > 0) return undefined;
  return readValue({ kind, name }, value, (object) => ({
    ...object,
    metadata: { ...plainObject(object['metadata']), name },
  }));
}

/** `…/ipv4/block/10.88.4.64-26`; a value of no octets is very old and means `{}`. */
function readAffinity(key: string, value: Uint8Array, node: string): Reading | undefined {
  const tail = key.startsWith(affinityPrefix(node)) ? key.slice(affinityPrefix(node).length) : '';
  const [, block] = /^ipv[46]\/block\/([^/]+)$/.exec(tail) ?? [];
  if (block === undefined) return undefined;
  const cidr = block.replace('-', '/');
  const name = `${node}-${block.replace(/[.:]/g, '-')}`;
  const octets = value.length === 0 ? Buffer.from('{}') : value;
  return readValue({ kind: 'BlockAffinity', name }, octets, ({ state, deleted }) => ({
    metadata: { name },
    spec: { node, cidr, state, deleted },
  }));
}

function affinityPrefix(node: string): string {
  return `/calico/ipam/v2/host/${node}/`;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The key says of which kind and name an object is, whatever the value says. */
function readValue(
  { kind, name }: { readonly kind: string; readonly name: string },
  octets: Uint8Array,
  complete: (object: JsonObject) => JsonObject,
): Reading {
  const parsed = parseJson(octets);
  if (typeof parsed === 'string')
    return spoiltObject({ kind, apiVersion: API_VERSION, name }, parsed);
  const value = { ...complete(parsed), kind, apiVersion: API_VERSION };
  return readObjects({ value, locate: () => undefined });
}

/** @returns why it is no object, as text */
function parseJson(octets: Uint8Array): JsonObject | string {
  if (octets.length > MAX_VALUE_BYTES) return `the value has more than ${MAX_VALUE_BYTES} octets`;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
    return isObject(value) ? value : 'the value is no JSON object';
  } catch {
    return 'the value is not JSON';
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plainObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

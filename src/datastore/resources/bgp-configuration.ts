/** BGPConfiguration: cluster-wide settings (`default`) and per-node ones (`node.NAME`); §6.1. */
import { z } from 'zod';
import type { BgpConfiguration } from '../snapshot.ts';
import {
  choice,
  cidr,
  clusterMetadata,
  community,
  compact,
  durationSec,
  flag,
  integer,
  list,
  optionalAsNumber,
  optionalList,
  parsed,
  secretKeyRef,
  section,
  text,
} from './fields.ts';
import { CALICO_API_VERSIONS, type Remark, type ResourceKind } from './resource-kind.ts';

const MAXIMUM_PRIORITY = 2_147_483_646;

/** Entries without a `cidr` mean nothing; the schema of the API allows them. */
const cidrs = optionalList(section({ cidr: cidr() })).transform((entries) =>
  entries?.flatMap((entry) => entry.cidr ?? []),
);

const communities = optionalList(section({ name: text(), value: community() })).transform(
  (entries) => entries?.flatMap(({ name, value }) => (name && value ? [{ name, value }] : [])),
);

const prefixAdvertisements = optionalList(
  section({ cidr: cidr(), communities: list(z.string()) }),
).transform((entries) =>
  entries?.flatMap((entry) =>
    entry.cidr ? [{ cidr: entry.cidr, communities: entry.communities }] : [],
  ),
);

const severity = choice(
  ['Trace', 'Debug', 'Info', 'Warning', 'Error', 'Fatal'],
  'Info is used',
  (known, value) => known.toLowerCase() === value.toLowerCase(),
);

/** An interface name, `*` as wildcard but not alone. */
const interfacePattern = parsed(
  (value) => (value !== '*' && /^[a-zA-Z0-9_.*-]{1,15}$/.test(value) ? value : undefined),
  'an interface name of at most 15 characters, with * as wildcard',
);

const spec = section({
  logSeverityScreen: severity,
  nodeToNodeMeshEnabled: flag(),
  asNumber: optionalAsNumber(),
  serviceClusterIPs: cidrs,
  serviceExternalIPs: cidrs,
  serviceLoadBalancerIPs: cidrs,
  serviceLoadBalancerAggregation: choice(['Enabled', 'Disabled'], 'Enabled is used'),
  communities,
  prefixAdvertisements,
  listenPort: integer(1, 65535),
  nodeMeshPassword: secretKeyRef(),
  nodeMeshMaxRestartTime: durationSec(),
  bindMode: choice(['None', 'NodeIP'], 'None is used'),
  ignoredInterfaces: optionalList(interfacePattern),
  programClusterRoutes: choice(
    ['Enabled', 'Disabled', 'EnabledIPIPOnly', 'EnabledNoEncapOnly'],
    'the default is used',
  ),
  ipv4NormalRoutePriority: integer(1, MAXIMUM_PRIORITY),
  ipv6NormalRoutePriority: integer(1, MAXIMUM_PRIORITY),
});

const schema = z
  .object({ metadata: clusterMetadata(), spec })
  .transform(({ metadata, spec: { nodeMeshMaxRestartTime, ...rest } }) =>
    compact({ name: metadata.name, ...rest, nodeMeshMaxRestartTimeSec: nodeMeshMaxRestartTime }),
  );

/** Names other than the two forms are never looked up (§6.1). */
function remarks(value: BgpConfiguration): readonly Remark[] {
  if (value.name === 'default' || /^node\../.test(value.name)) return [];
  const reason = `the name '${value.name}' is neither 'default' nor 'node.NAME', so this is ignored`;
  return [{ path: ['metadata', 'name'], reason }];
}

/**
 * Without a good earlier version its faulty fields alone are left out: to ignore the object would
 * replace the AS number and the mesh setting, too, by their defaults.
 */
export const BGP_CONFIGURATION: ResourceKind<'bgpConfigurations'> = {
  kind: 'BGPConfiguration',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'bgpConfigurations',
  schema,
  remarks,
  standIn: 'without-faults',
};

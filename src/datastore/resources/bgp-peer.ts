/** BGPPeer: which nodes peer with whom (§6.2). Selectors and peerIP stay text; expansion reads them. */
import { z } from 'zod';
import { parseSelector } from '../selectors.ts';
import type { BgpPeer } from '../snapshot.ts';
import {
  choice,
  clusterMetadata,
  compact,
  durationSec,
  flag,
  integer,
  list,
  optionalAsNumber,
  secretKeyRef,
  section,
  text,
} from './fields.ts';
import { CALICO_API_VERSIONS, type Remark, type ResourceKind } from './resource-kind.ts';

const MAXIMUM_INT32 = 2_147_483_647;

const spec = section({
  node: text(),
  nodeSelector: text(),
  peerIP: text(),
  peerSelector: text(),
  localWorkloadSelector: text(),
  asNumber: optionalAsNumber(),
  localASNumber: optionalAsNumber(),
  keepOriginalNextHop: flag(),
  nextHopMode: choice(['Auto', 'Self', 'Keep'], 'Auto is used'),
  password: secretKeyRef(),
  sourceAddress: text(),
  maxRestartTime: durationSec(),
  keepaliveTime: durationSec(),
  numAllowedLocalASNumbers: integer(1, MAXIMUM_INT32),
  ttlSecurity: integer(1, 255),
  reachableBy: text(),
  filters: list(text()),
  reversePeering: choice(['Auto', 'Manual'], 'Auto is used'),
});

const schema = z.object({ metadata: clusterMetadata(), spec }).transform(({ metadata, spec }) => {
  const { sourceAddress, maxRestartTime, keepaliveTime, reversePeering, ...rest } = spec;
  return compact({
    name: metadata.name,
    ...rest,
    usesNodeIp: (sourceAddress ?? 'UseNodeIP') === 'UseNodeIP',
    maxRestartTimeSec: maxRestartTime,
    keepaliveTimeSec: keepaliveTime,
    reversePeering: reversePeering ?? 'Auto',
  });
});

/** A selector that does not parse selects nothing (§7.2); here is where its place in the file is known. */
function remarks(peer: BgpPeer): readonly Remark[] {
  const fields = ['nodeSelector', 'peerSelector', 'localWorkloadSelector'] as const;
  return fields.flatMap((field): readonly Remark[] => {
    const selector = parseSelector(peer[field] ?? '');
    if (!('reason' in selector)) return [];
    const reason = `no selector, so it selects nothing: ${selector.reason} at character ${selector.at + 1}`;
    return [{ path: ['spec', field], reason }];
  });
}

export const BGP_PEER: ResourceKind<'bgpPeers'> = {
  kind: 'BGPPeer',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'bgpPeers',
  schema,
  remarks,
};

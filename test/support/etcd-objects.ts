/** Where Calico keeps an object in etcd (calico-datastore.md §4.1). */
import type { WrittenObject } from '../contract/datastore.ts';

const RESOURCES = '/calico/resources/v3/projectcalico.org';

export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
}

/** @returns undefined for what Calico keeps in Kubernetes even so: Services, Secrets and their like */
export function etcdEntry(object: WrittenObject): EtcdEntry | undefined {
  if (!object.apiVersion.endsWith('projectcalico.org/v3')) return undefined;
  if (object.kind === 'BlockAffinity') return affinityEntry(object.spec as AffinitySpec);
  const plural = `${object.kind.toLowerCase()}s`;
  return { key: `${RESOURCES}/${plural}/${object.metadata.name}`, value: JSON.stringify(object) };
}

interface AffinitySpec {
  readonly node: string;
  readonly cidr: string;
  readonly type?: string;
}

function affinityEntry({ node, cidr, type, ...value }: AffinitySpec): EtcdEntry {
  const family = cidr.includes(':') ? 'ipv6' : 'ipv4';
  const owner = type === 'virtual' ? 'virtual' : 'host';
  const key = `/calico/ipam/v2/${owner}/${node}/${family}/block/${cidr.replace('/', '-')}`;
  return { key, value: JSON.stringify(value) };
}

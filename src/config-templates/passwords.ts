/** TCP-MD5 passwords out of secrets; a session without its secret waits for it (SESS-9). */
import type { SecretKeyRef } from '../datastore/snapshot.ts';
import type { Cluster } from './cluster.ts';

const DEFAULT_NAMESPACE = 'kube-system';

export interface PasswordView {
  readonly password: string | null;
  /** Why the session cannot start yet. */
  readonly waitingFor: string | null;
}

/** @param reference undefined: the session has no password */
export function lookUpPassword(
  cluster: Cluster,
  reference: SecretKeyRef | undefined,
): PasswordView {
  if (!reference) return { password: null, waitingFor: null };
  const namespace = cluster.options.secretsNamespace || DEFAULT_NAMESPACE;
  const name = `${namespace}/${reference.name}`;
  const octets = cluster.snapshot.secrets.get(name)?.data.get(reference.key);
  if (octets?.length) return { password: new TextDecoder().decode(octets), waitingFor: null };
  return { password: null, waitingFor: `key ${reference.key} of Secret ${name}` };
}

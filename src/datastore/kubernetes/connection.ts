/**
 * How to reach an API server and who we are there: from kubeconfig files, Calico's own variables, or the
 * service account of the pod (calico-datastore.md §1.4).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CatbirdError } from '../../net/error.ts';
import type { KubernetesSettings, Pem } from '../settings/settings.ts';
import { connectionOf, type KubeConfigFile, mergeKubeConfigs } from './kube-config.ts';

export interface ExecPlugin {
  readonly apiVersion: string;
  /** A path, or a name to be found on PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly providesClusterInfo: boolean;
  readonly installHint: string | undefined;
}

/** Undefined everywhere: anonymous. */
export interface KubeUser {
  readonly certificate?: Pem | undefined;
  readonly key?: Pem | undefined;
  readonly token?: string | undefined;
  /** Wins over `token`; read again when it changes. */
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly impersonate?:
    | {
        readonly user: string;
        readonly uid: string | undefined;
        readonly groups: readonly string[];
      }
    | undefined;
  readonly exec?: ExecPlugin | undefined;
}

export interface KubeConnection {
  /** `https://host:port`, possibly with a path. */
  readonly server: string;
  readonly ca: Pem | undefined;
  readonly skipsVerify: boolean;
  /** Name the certificate is checked against, when not that of the URL. */
  readonly serverName: string | undefined;
  readonly user: KubeUser;
  readonly requestsPerSec: number;
  readonly burst: number;
}

/** What one origin knows; each may know a part. */
export type PartialConnection = {
  readonly [K in keyof KubeConnection]?: KubeConnection[K] | undefined;
};

/** Where a pod finds its identity. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Works out the connection; opens none.
 *
 * @throws CatbirdError CATBIRD_KUBECONFIG_INVALID, or CATBIRD_KUBERNETES_UNKNOWN when nothing says where
 *   the API server is
 */
export function findConnection(
  settings: KubernetesSettings,
  serviceAccountFolder = SERVICE_ACCOUNT_FOLDER,
): KubeConnection {
  const { inClusterEndpoint, clientQps, clientBurst } = settings;
  const base =
    fromKubeConfig(settings) ?? fromServiceAccount(inClusterEndpoint, serviceAccountFolder) ?? {};
  const found = { ...base, ...overrides(settings, base) };
  const { ca, serverName } = found;
  const skipsVerify = found.skipsVerify ?? false;
  return {
    server: readServer(found.server),
    ca,
    skipsVerify,
    serverName,
    user: found.user ?? {},
    requestsPerSec: clientQps,
    burst: clientBurst,
  };
}

/** kubectl takes `host:port` for https. */
function readServer(server: string | undefined): string {
  if (!server) {
    throw unknown(
      'Nothing says where the Kubernetes API server is: set KUBECONFIG or K8S_API_ENDPOINT, ' +
        'or run in a pod with a service account.',
    );
  }
  const url = /^[a-z]+:\/\//i.test(server) ? server : `https://${server}`;
  if (/^https?:/i.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  throw unknown(`"${server}" is no URL of an API server; write https://HOST:PORT.`);
}

function unknown(message: string): CatbirdError {
  return new CatbirdError('CATBIRD_KUBERNETES_UNKNOWN', message);
}

function fromKubeConfig(settings: KubernetesSettings): PartialConnection | undefined {
  const { kubeconfig, kubeconfigInline, homeKubeconfig, currentContext } = settings;
  if (kubeconfigInline !== undefined) {
    const files = [{ path: 'kubeconfigInline', text: kubeconfigInline }];
    return connectionOf(mergeKubeConfigs(files), currentContext);
  }
  const paths = kubeconfig.length > 0 || !homeKubeconfig ? kubeconfig : [homeKubeconfig];
  const files = [...new Set(paths)].flatMap(readIfThere);
  if (kubeconfig.length > 0 && files.length === 0) {
    const reason = `KUBECONFIG: there is no file ${kubeconfig.join(', ')}.`;
    throw new CatbirdError('CATBIRD_KUBECONFIG_INVALID', reason);
  }
  return files.length > 0 ? connectionOf(mergeKubeConfigs(files), currentContext) : undefined;
}

/** Of several files some may be missing, as for kubectl. */
function readIfThere(path: string): KubeConfigFile[] {
  try {
    return [{ path, text: readFileSync(path, 'utf8') }];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const message = `The kubeconfig ${path} cannot be read: ${(cause as Error).message}.`;
    throw new CatbirdError('CATBIRD_KUBECONFIG_INVALID', message, { cause });
  }
}

function fromServiceAccount(
  server: string | undefined,
  folder: string,
): PartialConnection | undefined {
  const tokenFile = join(folder, 'token');
  if (!server || !existsSync(tokenFile)) return undefined;
  const ca = join(folder, 'ca.crt');
  return { server, ca: existsSync(ca) ? { file: ca } : undefined, user: { tokenFile } };
}

/** A CA given here replaces one of the kubeconfig, and so does the decision to check none. */
function overrides(settings: KubernetesSettings, base: PartialConnection): PartialConnection {
  const { apiEndpoint, caFile, skipsTlsVerify, certFile, keyFile, apiToken } = settings;
  return {
    ...(apiEndpoint && { server: apiEndpoint }),
    ...(caFile && { ca: { file: caFile }, skipsVerify: false }),
    ...(skipsTlsVerify && { skipsVerify: true, ca: undefined }),
    user: {
      ...base.user,
      ...(certFile && { certificate: { file: certFile } }),
      ...(keyFile && { key: { file: keyFile } }),
      ...(apiToken && { token: apiToken, tokenFile: undefined, exec: undefined }),
    },
  };
}

/** Certificates and TLS limits of etcd's settings, read anew for each connection, for files are renewed. */
import { readFileSync } from 'node:fs';
import { createSecureContext, getCiphers, type SecureContext } from 'node:tls';
import { CatbirdError } from '../../net/error.ts';
import { reasonOf } from '../folder-files.ts';
import { settingsError } from '../settings/environment.ts';
import type { EtcdSettings, Pem } from '../settings/settings.ts';

/** @throws CatbirdError CATBIRD_DATASTORE_SETTINGS naming the file that cannot be used */
export function makeTlsContext(settings: EtcdSettings): SecureContext {
  const { ca, client, cipherSuites, minTlsVersion } = settings;
  const options = {
    minVersion: minTlsVersion,
    ...(ca && { ca: readPem(ca) }),
    ...(client && { cert: readPem(client.cert), key: readPem(client.key) }),
    ...(cipherSuites && { ciphers: cipherNames(cipherSuites) }),
  };
  try {
    return createSecureContext(options);
  } catch (cause) {
    const reason = `the certificates of etcd cannot be used: ${(cause as Error).message}`;
    throw new CatbirdError('CATBIRD_DATASTORE_SETTINGS', reason, { cause });
  }
}

function readPem(pem: Pem): string {
  if ('text' in pem) return pem.text;
  try {
    return readFileSync(pem.file, 'utf8');
  } catch (cause) {
    const reason = `the certificate file ${pem.file} cannot be read: ${reasonOf(cause)}`;
    throw new CatbirdError('CATBIRD_DATASTORE_SETTINGS', reason, { cause });
  }
}

/**
 * OpenSSL's names for IANA's, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` and the like.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_SETTINGS for a name nobody knows
 */
export function cipherNames(list: string): string {
  const known = new Set(getCiphers().map((name) => name.toUpperCase()));
  const names = list.split(',').map((name) => name.trim());
  const translated = names.map((name) => {
    const candidates = [name, opensslName(name)].map((text) => text.toUpperCase());
    const found = candidates.find((candidate) => known.has(candidate));
    if (found === undefined) throw settingsError(`TLS_CIPHER_SUITES: there is no '${name}'`);
    return found;
  });
  return translated.join(':');
}

/** ECDHE-RSA-AES128-GCM-SHA256; names of TLS 1.3 are the same everywhere. */
function opensslName(iana: string): string {
  return iana
    .replace(/^TLS_/, '')
    .replace('_WITH_', '_')
    .replace(/^RSA_AES/, 'AES')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace(/_CBC(?=_SHA)/, '')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replaceAll('_', '-');
}

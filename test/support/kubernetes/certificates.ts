/** Certificates for tests: an authority and what it signs, made by openssl in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
}

export class CertificateAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'catbird-ca-'));
  readonly caFile = join(this.folder, 'ca.crt');
  readonly ca: string;
  #count = 0;

  constructor() {
    const key = join(this.folder, 'ca.key');
    openssl('req', '-x509', '-subj', '/CN=test authority', ...newKey(key), '-out', this.caFile);
    this.ca = readFileSync(this.caFile, 'utf8');
  }

  /** @param names subject alternative names as openssl writes them, `IP:127.0.0.1` */
  issue(commonName: string, names: readonly string[] = [], organization?: string): Certificate {
    const base = join(this.folder, `cert-${this.#count++}`);
    const [certFile, keyFile] = [`${base}.crt`, `${base}.key`];
    const subject = `${organization ? `/O=${organization}` : ''}/CN=${commonName}`;
    const extensions = names.length > 0 ? ['-addext', `subjectAltName=${names.join(',')}`] : [];
    const signer = ['-CA', this.caFile, '-CAkey', join(this.folder, 'ca.key')];
    openssl(
      'req',
      '-x509',
      '-subj',
      subject,
      ...newKey(keyFile),
      ...extensions,
      ...signer,
      '-out',
      certFile,
    );
    const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    return { certFile, keyFile, cert, key };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function newKey(file: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file];
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

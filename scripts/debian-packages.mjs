/**
 * The Debian packages the interop tests talk to, installed where they are missing.
 *
 * None of their services may start on the machine; a policy-rc.d that forbids it stands while apt
 * works, unless the machine has one of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const PACKAGES = [
  'bird2',
  'chromium',
  'gobgpd',
  'frr',
  'openbgpd',
  'exabgp',
  'bgpdump',
  'tshark',
  'etcd-server',
  'openssl',
  'iproute2',
  'iputils-ping',
  'mandoc',
  'pmacct',
  'procps',
  'prometheus',
  'systemd',
  'tmux',
  'zsh',
];

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs what is missing; where that cannot be done, says what to install and goes on. */
export function installPeers() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid() !== 0 || !hasCommand('apt-get')) {
    console.log(`interop tests need more than is here; as root: ${aptLine(missing)}`);
    return;
  }
  console.log(`installing ${missing.join(' ')}`);
  withoutServices(() => install(missing));
  const still = missingPackages();
  if (still.length > 0) console.log(`could not be installed: ${still.join(' ')}`);
}

function missingPackages() {
  if (!hasCommand('dpkg-query')) return PACKAGES;
  const { stdout } = spawnSync(
    'dpkg-query',
    ['-W', '-f', '$' + '{Package} $' + '{db:Status-Status}\n', ...PACKAGES],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const installed = new Set(stdout.split('\n'));
  return PACKAGES.filter((name) => !installed.has(`${name} installed`));
}

function install(packages) {
  apt(['update', '-q']);
  if (apt(installArgs(packages))) return;
  for (const name of packages) apt(installArgs([name])); // one that this release lacks must not cost the rest
}

function installArgs(packages) {
  return ['install', '-q', '-y', '--no-install-recommends', ...packages];
}

function aptLine(packages) {
  return `apt-get update && apt-get ${installArgs(packages).join(' ')}`;
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

function withoutServices(work) {
  const isOurs = !existsSync(POLICY);
  const stop = () => process.exit(130);
  process.once('SIGINT', stop); // runs once `work` is over, so that the policy is removed again
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
    process.off('SIGINT', stop);
  }
}

function hasCommand(name) {
  return !spawnSync(name, ['--version'], { stdio: 'ignore' }).error;
}

/** Chooses how routes reach a kernel: netlink, the ip command, only pretending, or not at all. */
import type { Config } from '../config/model.ts';
import type { Forwarding } from '../daemon/forwarding.ts';
import { KernelForwarding } from '../daemon/kernel-forwarding.ts';
import { reflectorForwarding } from '../daemon/reflector-forwarding.ts';
import { DryRunKernel } from '../fib/dry-run-kernel.ts';
import { IpCommandKernel } from '../fib/ip-command-kernel.ts';
import type { Kernel } from '../fib/kernel.ts';
import { NetlinkKernel } from '../fib/netlink-kernel.ts';
import { CatbirdError } from '../net/error.ts';
import { formatPrefix } from '../net/text.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { RunOptions } from './options.ts';
import { claimTable } from './table-claim.ts';

/**
 * The forwarding side for a configuration; that of a reflector (`fib.enabled: false`) touches no route.
 *
 * @throws CatbirdError CATBIRD_NO_PRIVILEGE when this process may not change routes, CATBIRD_TABLE_TAKEN
 *   when another one keeps these
 */
export async function openForwarding(
  config: Config,
  kind: RunOptions['kernel'],
  clock: Clock,
  log: Log,
): Promise<Forwarding> {
  if (!config.fib.enabled) {
    return reflectorForwarding({ openKernel: () => openLinks(kind), clock, log, config });
  }
  // A dry run writes nothing: it may look on beside another daemon.
  const claim = kind === 'dry-run' ? undefined : await claimTable(config.fib);
  try {
    const kernel = await openKernel(kind, log);
    const stopped = () => claim?.release();
    return new KernelForwarding({ kernel, clock, log, config, stopped });
  } catch (error) {
    claim?.release();
    throw error;
  }
}

/** Only to look at interfaces: no privilege is needed. */
async function openLinks(kind: RunOptions['kernel']): Promise<Kernel> {
  if (kind === 'ip') return new IpCommandKernel();
  return await NetlinkKernel.open({ isReadOnly: true, ignoresRoutes: true });
}

async function openKernel(kind: RunOptions['kernel'], log: Log): Promise<Kernel> {
  if (kind === 'ip') return new IpCommandKernel();
  if (kind === 'netlink') return openNetlink(log);
  const inner = await NetlinkKernel.open({ isReadOnly: true });
  return new DryRunKernel(inner, ({ action, prefix, target }) =>
    log.info({ action, prefix: formatPrefix(prefix), type: target.type }, 'kernel route (dry run)'),
  );
}

/** Where koffi or netlink is not to be had, the ip command does the same, only slower. */
async function openNetlink(log: Log): Promise<Kernel> {
  try {
    return await NetlinkKernel.open();
  } catch (error) {
    if (error instanceof CatbirdError && error.code === 'CATBIRD_NO_PRIVILEGE') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, 'no netlink: routes go through the ip command');
    return new IpCommandKernel();
  }
}

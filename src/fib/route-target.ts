/** Comparing where routes lead: what was asked for against what the kernel reads back. */
import { sameAddress } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import { formatAddress } from '../net/text.ts';
import type { KernelNextHop, RouteTarget } from './kernel.ts';

/** What Linux makes of an IPv6 route without a metric. */
const IPV6_DEFAULT_METRIC = 1024;

/** The metric a route has once it is in the kernel: with the prefix, its identity. */
export function effectiveMetric(family: Family, metric: number): number {
  return metric === 0 && family === 'ipv6-unicast' ? IPV6_DEFAULT_METRIC : metric;
}

/** True when the kernel's route is what `wanted` asks for; an interface left open matches any. */
export function isTarget(family: Family, wanted: RouteTarget, actual: RouteTarget): boolean {
  if (wanted === actual) return true;
  return (
    wanted.type === actual.type &&
    wanted.withheld === actual.withheld &&
    effectiveMetric(family, wanted.metric) === effectiveMetric(family, actual.metric) &&
    isSameHops(wanted.nextHops, actual.nextHops)
  );
}

/** Order does not matter: IPv6 kernels do not keep it. */
function isSameHops(wanted: readonly KernelNextHop[], actual: readonly KernelNextHop[]): boolean {
  if (wanted.length !== actual.length) return false;
  return wanted.every((hop) => actual.some((other) => isSameHop(hop, other)));
}

function isSameHop(wanted: KernelNextHop, actual: KernelNextHop): boolean {
  const isSameGateway =
    wanted.via === undefined || actual.via === undefined
      ? wanted.via === actual.via
      : sameAddress(wanted.via, actual.via);
  return (
    isSameGateway &&
    (wanted.dev === undefined || wanted.dev === actual.dev) &&
    (wanted.onlink ?? false) === (actual.onlink ?? false) &&
    (wanted.weight ?? 1) === (actual.weight ?? 1)
  );
}

/** A target in the words of `ip route`; equal texts mean equal targets. */
export function formatTarget({ type, nextHops, metric, withheld }: RouteTarget): string {
  const words = [type, ...nextHops.map(formatHop), `metric ${metric}`];
  return (withheld === undefined ? words : [...words, `withheld: ${withheld}`]).join(' ');
}

function formatHop({ via, dev, onlink, weight = 1 }: KernelNextHop): string {
  const words = [via && `via ${formatAddress(via)}`, dev && `dev ${dev}`];
  words.push(onlink ? 'onlink' : undefined, weight > 1 ? `weight ${weight}` : undefined);
  return words.filter((word) => word !== undefined).join(' ');
}

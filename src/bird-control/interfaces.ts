/** `show interfaces [summary]`. */
import type { BirdHost, InterfaceFacts } from './host.ts';
import { ADDRESS, type Answer, INTERFACE, INTERFACE_FLAGS, OK } from './reply.ts';

export function* showInterfaces({ interfaces }: BirdHost): Answer {
  for (const each of interfaces()) {
    yield [INTERFACE, `${each.name} ${each.isUp ? 'up' : 'down'} (index=${each.index})`];
    yield [INTERFACE_FLAGS, `\t${flags(each).join(' ')}`];
    for (const address of each.addresses) yield [ADDRESS, `\t${address} (${scopeOf(address)})`];
  }
  return [OK, ''];
}

function flags(each: InterfaceFacts): string[] {
  const words: readonly [boolean, string][] = [
    [each.hasBroadcast || each.hasMulticast, 'MultiAccess'],
    [each.hasBroadcast, 'Broadcast'],
    [each.hasMulticast, 'Multicast'],
    [each.isUp, 'AdminUp'],
    [each.hasCarrier, 'LinkUp'],
    [each.isLoopback, 'Loopback'],
  ];
  const set = words.filter(([isSet]) => isSet).map(([, word]) => word);
  return [...set, `MTU=${each.mtu}`];
}

function scopeOf(address: string): string {
  if (address.startsWith('127.') || address.startsWith('::1/')) return 'scope host';
  return /^(fe80:|169\.254\.)/i.test(address) ? 'scope link' : 'scope univ';
}

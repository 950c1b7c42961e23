/** Address families as the wire numbers them, and the two of them Catbird routes (RFC 4760 §6). */
import type { Family } from '../../net/family.ts';
import { AFI_IPV4, AFI_IPV6, SAFI_UNICAST } from './constants.ts';

/** AFI and SAFI of any family, known to us or not. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

const IPV4_UNICAST: AfiSafi = { afi: AFI_IPV4, safi: SAFI_UNICAST };
const IPV6_UNICAST: AfiSafi = { afi: AFI_IPV6, safi: SAFI_UNICAST };

/** The family with these numbers; undefined for every family Catbird does not route. */
export function familyOf(afi: number, safi: number): Family | undefined {
  if (safi !== SAFI_UNICAST) return undefined;
  if (afi === AFI_IPV4) return 'ipv4-unicast';
  return afi === AFI_IPV6 ? 'ipv6-unicast' : undefined;
}

/** The numbers of a family. */
export function afiSafiOf(family: Family): AfiSafi {
  return family === 'ipv4-unicast' ? IPV4_UNICAST : IPV6_UNICAST;
}

/** For text: `ipv4-unicast`, or `afi 25 safi 70` for a family Catbird does not route. */
export function formatAfiSafi({ afi, safi }: AfiSafi): string {
  return familyOf(afi, safi) ?? `afi ${afi} safi ${safi}`;
}

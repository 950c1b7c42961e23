/** Session labels as Calico names them, and limits that sessions of all kinds share. */
import { DEFAULT_PORT } from './cluster.ts';

/** Graceful-restart time advertised unless configured (SESS-3). */
const DEFAULT_RESTART_TIME = 120;
/** The capability has twelve bits for it (RFC 4724 §3). */
const MAX_RESTART_TIME = 4095;

/** Graceful-restart time to advertise, in seconds; what cannot be written becomes the most that can. */
export function restartTimeOf(seconds: number | undefined): number {
  return Math.min(seconds ?? DEFAULT_RESTART_TIME, MAX_RESTART_TIME);
}

/** One text per address and port; for the port nearly all have, the address is text enough. */
export function endpointOf(address: string, port: number): string {
  return port === DEFAULT_PORT ? address : `${address} ${port}`;
}

/**
 * `Mesh_10_0_0_2`, `Global_10_0_0_2_port_1179` (MESH-13, EXP-9).
 *
 * @param port undefined leaves the suffix out
 */
export function labelOf(
  kind: 'Mesh' | 'Global' | 'Node' | 'Local_Workload',
  address: string,
  port: number | undefined,
): string {
  const suffix = port === undefined ? '' : `_port_${port}`;
  return `${kind}_${address.replace(/[.:]/g, '_')}${suffix}`;
}

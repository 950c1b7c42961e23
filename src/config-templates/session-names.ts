/** Session labels as Calico names them, and what sessions of all kinds start from. */

/** Graceful-restart time advertised unless configured (SESS-3). */
export const DEFAULT_RESTART_TIME = 120;

/**
 * `Mesh_10_0_0_2`, `Global_10_0_0_2_port_1179` (MESH-13, EXP-9).
 *
 * @param port undefined leaves the suffix out
 */
export function labelOf(
  kind: 'Mesh' | 'Global' | 'Node',
  address: string,
  port: number | undefined,
): string {
  const suffix = port === undefined ? '' : `_port_${port}`;
  return `${kind}_${address.replace(/[.:]/g, '_')}${suffix}`;
}

/** Printed configurations as tests compare them. */

/** Leaves out what objects things come from, which sources.test.ts tells; blocks have no name in etcd. */
export function withoutSources(printed: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(printed), (key, value) =>
    key === 'source' ? undefined : value,
  );
}

/** Reads single fields of a request body, which may be anything. */

export function fieldOf(body: unknown, key: string): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  return (body as Record<string, unknown>)[key];
}

export function textOf(body: unknown, key: string): string | undefined {
  const value = fieldOf(body, key);
  return typeof value === 'string' ? value : undefined;
}

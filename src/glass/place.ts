/** Where in the page one is: the fragment of its address, so that every place can be linked and gone back to. */

export interface Place {
  /** Decoded parts of the path. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** The place a fragment names; one that names none is the overview. */
export function placeOf(fragment: string): Place {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decoded);
  return { parts, query: new URLSearchParams(query) };
}

/** A fragment for `href`. */
export function linkTo(
  parts: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) words.set(name, value);
  const path = parts.map(encodeURIComponent).join('/');
  return `#/${path}${words.size > 0 ? `?${words}` : ''}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // somebody typed it; then it is what it looks like
  }
}

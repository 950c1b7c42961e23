/** Globs of names, for sessions and interfaces. */

/** True when some glob matches the whole name: `*` is any run of characters, `?` one (FILT-6). */
export function matchesAnyGlob(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => matchesGlob(glob, name));
}

/** Goes back to the last `*` only, so the time is bounded by the product of both lengths. */
function matchesGlob(glob: string, name: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let i = 0; i < name.length; ) {
    if (glob[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === name[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}

/** Keeps passwords and tokens out of what other programs see of this process. */
import { writeFileSync } from 'node:fs';

/** Flags whose values are secrets. */
const SECRET_FLAGS: readonly string[] = ['--etcd-password', '--k8s-api-token'];
const MASK = '********';
const CORE_FILTER = '/proc/self/coredump_filter';

/** Leaves the memory, which holds the passwords of neighbors, out of core files (core(5)). */
export function keepMemoryOutOfCores(): void {
  try {
    writeFileSync(CORE_FILTER, '0');
  } catch {
    // A system without that filter decides by itself.
  }
}

/** The command line as others may read it; undefined when there is nothing to hide. */
export function maskedCommandLine(args: readonly string[]): string | undefined {
  const masked = args.map((word, index) => maskedWord(word, args[index - 1]));
  return masked.every((word, index) => word === args[index]) ? undefined : masked.join(' ');
}

function maskedWord(word: string, before: string | undefined): string {
  if (before !== undefined && SECRET_FLAGS.includes(before)) return MASK;
  const flag = SECRET_FLAGS.find((each) => word.startsWith(`${each}=`));
  return flag === undefined ? word : `${flag}=${MASK}`;
}

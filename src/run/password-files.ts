/** Reads the keys that neighbours keep in files; a session whose file cannot be read waits for it (SESS-9). */
import { readFile } from 'node:fs/promises';
import type { Config, SessionConfig } from '../config/model.ts';

/** The configuration with `password` filled in where `passwordFile` names one. */
export async function withPasswordFiles(config: Config): Promise<Config> {
  return {
    ...config,
    neighbors: await Promise.all(config.neighbors.map(withPassword)),
    neighborRanges: await Promise.all(config.neighborRanges.map(withPassword)),
  };
}

/** The files a configuration names. */
export function passwordFilesOf({ neighbors, neighborRanges }: Config): ReadonlySet<string> {
  const sessions: readonly SessionConfig[] = [...neighbors, ...neighborRanges];
  return new Set(sessions.flatMap(({ passwordFile }) => passwordFile ?? []));
}

async function withPassword<T extends SessionConfig>(session: T): Promise<T> {
  if (session.passwordFile === undefined) return session;
  try {
    const text = await readFile(session.passwordFile, 'utf8');
    return { ...session, password: text.replace(/\r?\n$/, '') };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return { ...session, waitingFor: `the password file ${session.passwordFile} (${reason})` };
  }
}

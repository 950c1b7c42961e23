/** Talks to the running daemon over its unix socket. */
import { type IncomingMessage, request } from 'node:http';
import { CatbirdError } from '../net/error.ts';

export const DEFAULT_API_PATH = '/run/catbird/catbird.sock';

/** Where the daemon listens: the flag, the environment, the default. */
export function apiPath(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return flag ?? env['CATBIRD_API'] ?? DEFAULT_API_PATH;
}

/** Reads one JSON document. */
export async function getDocument(socketPath: string, path: string): Promise<unknown> {
  return JSON.parse(await readAll(await call(socketPath, 'GET', path)));
}

/** Carries out a command. @returns the daemon's answer */
export async function postCommand(
  socketPath: string,
  path: string,
  body: object,
): Promise<unknown> {
  return JSON.parse(await readAll(await call(socketPath, 'POST', path, JSON.stringify(body))));
}

/** Reads JSON lines as they come, undecoded. */
export async function* getLines(socketPath: string, path: string): AsyncGenerator<string> {
  const response = await call(socketPath, 'GET', path);
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Reads octets as they come. @throws when the daemon ends before they are whole */
export async function* getOctets(socketPath: string, path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of await call(socketPath, 'GET', path)) yield chunk as Buffer;
}

async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
): Promise<IncomingMessage> {
  const response = await openOrRead(socketPath, method, path, body);
  if (response.statusCode === 200) return response;
  const { error } = JSON.parse(await readAll(response)) as { error?: string };
  throw new CatbirdError('CATBIRD_API', error ?? `the daemon answered ${response.statusCode}`);
}

/** Who may not open the socket may be of the group that reads, or that has routes announced. */
async function openOrRead(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
): Promise<IncomingMessage> {
  try {
    return await open(socketPath, method, path, body);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    for (const beside of socketsBeside(method, path)) {
      const response = await open(`${socketPath}${beside}`, method, path, body).catch(
        () => undefined,
      );
      if (response) return response;
    }
    throw error;
  }
}

function socketsBeside(method: string, path: string): string[] {
  const isForAgents = path.startsWith('/v1/originated');
  return [...(method === 'GET' ? ['.read'] : []), ...(isForAgents ? ['.broker'] : [])];
}

function isForbidden(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES';
}

function open(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path }, resolve);
    outgoing.on('error', (cause: NodeJS.ErrnoException) => reject(unreachable(socketPath, cause)));
    outgoing.end(body);
  });
}

function unreachable(socketPath: string, cause: NodeJS.ErrnoException): CatbirdError {
  const why =
    cause.code === 'EACCES'
      ? 'you may not open it; run as root or as a member of its group'
      : 'is it running? --api PATH names another socket';
  return new CatbirdError('CATBIRD_UNREACHABLE', `no daemon answers on ${socketPath}: ${why}`, {
    cause,
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

/** What went wrong between us and the API server, as a value the caller can decide on. */

export type JsonObject = Readonly<Record<string, unknown>>;

export class ApiError extends Error {
  /** HTTP status, or that of an ERROR event; undefined when there was no answer. */
  readonly status: number | undefined;
  /** The version asked for is gone, or not there yet: list again (calico-datastore.md §3.2). */
  readonly isExpired: boolean;
  /** When the server wants to be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    about: {
      readonly status?: number;
      readonly isExpired?: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: about.cause });
    this.name = 'ApiError';
    this.status = about.status;
    this.isExpired = about.isExpired ?? false;
    this.retryAfterMs = about.retryAfterMs;
  }
}

const MAX_MESSAGE = 300;

/** Reads a `Status` object, which answers errors and stands in ERROR events. */
export function errorOfStatus(
  status: unknown,
  httpStatus?: number,
  retryAfterMs?: number,
): ApiError {
  const { code, reason, message, details } = isObject(status) ? status : {};
  const number = httpStatus ?? (typeof code === 'number' ? code : undefined);
  const text = typeof message === 'string' && message !== '' ? message : textOf(reason, number);
  return new ApiError(text.slice(0, MAX_MESSAGE), {
    ...(number !== undefined && { status: number }),
    isExpired: number === 410 || isExpiry(reason, text, details),
    retryAfterMs,
  });
}

function textOf(reason: unknown, status: number | undefined): string {
  if (typeof reason === 'string' && reason !== '') return reason;
  return status === undefined ? 'an error without a word' : `HTTP status ${status}`;
}

/** A version from the future comes as a timeout; only its cause, or its text, tells (§3.2). */
function isExpiry(reason: unknown, message: string, details: unknown): boolean {
  if (reason === 'Expired' || reason === 'Gone') return true;
  if (/too large resource version/i.test(message)) return true;
  const causes = isObject(details) && Array.isArray(details['causes']) ? details['causes'] : [];
  return causes.some((cause) => isObject(cause) && cause['reason'] === 'ResourceVersionTooLarge');
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses text that must be an object. @throws ApiError */
export function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw new ApiError('the API server sent something that is no JSON object');
}

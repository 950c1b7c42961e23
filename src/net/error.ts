/**
 * The one error type users see: a stable code, and a message that says what, where and what to do.
 */
export class CatbirdError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CatbirdError';
    this.code = code;
  }
}

/** A request the API refuses as a whole. Answered as `[{message, errorCode, fields?}]`. */
export class RestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly string[] | undefined;

  constructor(status: number, code: string, message: string, fields?: readonly string[]) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** The answer to a path that leads nowhere, or to a record that is not there (recorded from a real org). */
export function notFound(): RestError {
  return new RestError(404, 'NOT_FOUND', 'The requested resource does not exist');
}

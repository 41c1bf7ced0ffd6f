/** A refusal of the Bulk API: XML with an exception code, mostly with status 400. */
export class AsyncError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AsyncError';
    this.code = code;
    this.status = status;
  }
}

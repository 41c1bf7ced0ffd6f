/** A refused OAuth request, answered 400 (or 401) as `{error, error_description}`. */
export class OauthError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, description: string, status = 400) {
    super(description);
    this.name = 'OauthError';
    this.code = code;
    this.status = status;
  }
}

/** An admin request that cannot be carried out. */
export class AdminError extends Error {
  readonly status: number;
  /** Which fields of the body are wrong, and why. */
  readonly problems: readonly { field: string; reason: string }[];

  constructor(status: number, message: string, problems: readonly { field: string; reason: string }[] = []) {
    super(message);
    this.name = 'AdminError';
    this.status = status;
    this.problems = problems;
  }
}

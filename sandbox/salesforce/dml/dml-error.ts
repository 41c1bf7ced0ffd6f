/** A record the org refuses, with the vendor's code, wording and field names. */
export class DmlError extends Error {
  readonly code: string;
  readonly fields: readonly string[];
  /** Status of a single-record request that ends this way; collections answer 200 all the same. */
  readonly status: number;
  /** The matches of DUPLICATES_DETECTED, and the name under which a single record's refusal shows them. */
  duplicateResult?: { key: string; value: unknown };

  constructor(code: string, message: string, fields: readonly string[] = [], status = 400) {
    super(message);
    this.name = 'DmlError';
    this.code = code;
    this.fields = fields;
    this.status = status;
  }
}

/** The record was deleted. */
export function entityIsDeleted(): DmlError {
  return new DmlError('ENTITY_IS_DELETED', 'entity is deleted', [], 404);
}

/** The id leads nowhere, or to a record of another object. */
export function invalidCrossReference(fields: readonly string[] = []): DmlError {
  return new DmlError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', fields);
}

/** A component the org refuses: one entry of a result's `errors`, or one failure of a deployment. */
export class MetadataError extends Error {
  readonly statusCode: string;
  readonly fields: readonly string[];

  constructor(statusCode: string, message: string, fields: readonly string[] = []) {
    super(message);
    this.name = 'MetadataError';
    this.statusCode = statusCode;
    this.fields = fields;
  }
}

/** Something a component refers to is not there. */
export function notFoundByName(type: string, fullName: string, inField?: string): MetadataError {
  const where = inField === undefined ? '' : `In field: ${inField} - `;
  return new MetadataError('INVALID_CROSS_REFERENCE_KEY', `${where}no ${type} named ${fullName} found`);
}

/** A value that contradicts another, or the kind of component. */
export function integrity(message: string, ...fields: string[]): MetadataError {
  return new MetadataError('FIELD_INTEGRITY_EXCEPTION', message, fields);
}

/** A part every component of its kind has. */
export function missing(field: string): MetadataError {
  return new MetadataError('REQUIRED_FIELD_MISSING', `Required field is missing: ${field}`, [field]);
}

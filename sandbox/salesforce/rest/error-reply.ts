import { DmlError } from '../dml/dml-error.ts';
import type { Reply } from './request.ts';
import type { RestError } from './rest-error.ts';

/** The members of a refusal beside code and text. */
function more(error: RestError | DmlError): Record<string, unknown> {
  if (!(error instanceof DmlError)) return error.fields === undefined ? {} : { fields: error.fields };
  const { duplicateResult } = error;
  // The refusal of a duplicate names its matches where others name fields, as users of many orgs report it.
  return duplicateResult === undefined
    ? { fields: error.fields }
    : { [duplicateResult.key]: duplicateResult.value };
}

/** The answer to a refused request: `[{message, errorCode, fields?}]`, a record's refusal always with its fields. */
export function errorReply(error: RestError | DmlError): Reply {
  const { message, code } = error;
  const records = error instanceof DmlError ? 1 : 0;
  return { status: error.status, body: [{ message, errorCode: code, ...more(error) }], records };
}

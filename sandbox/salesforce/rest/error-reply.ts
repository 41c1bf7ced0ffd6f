import { DmlError } from '../dml/dml-error.ts';
import type { Reply } from './request.ts';
import type { RestError } from './rest-error.ts';

/** The answer to a refused request: `[{message, errorCode, fields?}]`, a record's refusal always with its fields. */
export function errorReply(error: RestError | DmlError): Reply {
  const { message, code } = error;
  const fields =
    error instanceof DmlError
      ? { fields: error.fields }
      : error.fields === undefined
        ? {}
        : { fields: error.fields };
  const records = error instanceof DmlError ? 1 : 0;
  return { status: error.status, body: [{ message, errorCode: code, ...fields }], records };
}

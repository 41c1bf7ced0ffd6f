import { RestError } from '../rest/rest-error.ts';

/** A query the org does not understand: points at the token, as the vendor does. */
export function queryError(
  code: 'INVALID_FIELD' | 'INVALID_TYPE' | 'MALFORMED_QUERY',
  soql: string,
  token: string,
  message: string,
): RestError {
  return errorAt(code, soql, Math.max(soql.toLowerCase().indexOf(token.toLowerCase()), 0), message);
}

function errorAt(code: string, soql: string, at: number, message: string): RestError {
  const excerpt = soql.slice(Math.max(0, at - 30), at + 30).replace(/\s+/g, ' ');
  const caret = ' '.repeat(Math.min(at, 30)) + '^';
  return new RestError(400, code, `\n${excerpt}\n${caret}\nERROR at Row:1:Column:${at + 1}\n${message}`);
}

const REFERENCE = 'Please reference your WSDL or the describe call for the appropriate names.';

/** The column does not exist, or is not visible. */
export function noSuchColumn(soql: string, column: string, entity: string): RestError {
  const hint = `If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${REFERENCE}`;
  return queryError(
    'INVALID_FIELD',
    soql,
    column,
    `No such column '${column}' on entity '${entity}'. ${hint}`,
  );
}

/** The relationship in a field path, or of a subquery, does not exist. */
export function noSuchRelationship(soql: string, name: string): RestError {
  const hint = `If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${REFERENCE}`;
  return queryError(
    'INVALID_FIELD',
    soql,
    name,
    `Didn't understand relationship '${name}' in field path. ${hint}`,
  );
}

/** The object does not exist. */
export function noSuchObject(soql: string, name: string): RestError {
  const hint = `If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${REFERENCE}`;
  return queryError('INVALID_TYPE', soql, name, `sObject type '${name}' is not supported. ${hint}`);
}

/** The text stops making sense at a token, or at its end when the token is empty. */
export function unexpectedToken(soql: string, token: string): RestError {
  if (token === '') return errorAt('MALFORMED_QUERY', soql, soql.length, "unexpected token: '<EOF>'");
  const at = Math.max(soql.toLowerCase().lastIndexOf(token.toLowerCase()), 0);
  return errorAt('MALFORMED_QUERY', soql, at, `unexpected token: '${token}'`);
}

/** The text is no SOQL, or uses what this org's API does not offer. */
export function malformed(message: string): RestError {
  return new RestError(400, 'MALFORMED_QUERY', message);
}

/**
 * A value for a json column. PostgreSQL stores neither NUL nor half a surrogate pair, and fails the whole statement on
 * one: a single odd (or cut) character in what a CRM said would keep a batch of outcomes from being recorded, for ever.
 * Such characters become U+FFFD, in names as well as in values.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify escapes a surrogate only when its other half is missing.
  return unstorable.test(text) ? text.replace(escapes, storable) : text;
}

const unstorable = /\\u(0000|d[89a-f])/;
/** Every escape, so that the backslash of one is not taken for the beginning of the next. */
const escapes = /\\(?:u([0-9a-f]{4})|.)/g;

function storable(escape: string, code: string | undefined): string {
  return code !== undefined && /^(0000|d[89a-f]..)$/.test(code) ? '\\ufffd' : escape;
}

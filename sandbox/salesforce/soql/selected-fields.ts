import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { malformed } from './query-error.ts';

const MAX_LIMIT = 200;

/** First version of the API that knows FIELDS(). */
const SINCE_VERSION = 51;

/**
 * The fields `FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)` stands for.
 * ALL and CUSTOM may grow without bound, so they demand a LIMIT of at most 200.
 */
export function fieldsOfFunction(
  type: ObjectType,
  which: string,
  limit: number | undefined,
  version: string,
): readonly FieldDefinition[] {
  if (Number.parseInt(version, 10) < SINCE_VERSION) throw malformed("unexpected token: '('");
  const name = which.toUpperCase();
  if (name === 'STANDARD') return type.fields.filter((one) => !one.custom);
  if (name !== 'ALL' && name !== 'CUSTOM') throw malformed(`unexpected token: '${which}'`);
  if (limit === undefined || limit > MAX_LIMIT)
    throw malformed(`The SOQL FIELDS function must have a LIMIT of at most ${MAX_LIMIT}`);
  return name === 'ALL' ? type.fields : type.fields.filter((one) => one.custom);
}

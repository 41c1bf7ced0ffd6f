import pg from 'pg';

/** Object ids of PostgreSQL's built-in types, from its catalogue pg_type. They never change between versions. */
const INT8 = 20;
const DATE = 1082;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;
const NUMERIC_ARRAY = 1231;

type Parser = (text: string) => unknown;

const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [INT8, (text) => BigInt(text)],
  [DATE, (text) => text],
  [INT8_ARRAY, (text) => parseArray(text, BigInt)],
  [DATE_ARRAY, (text) => parseArray(text, String)],
  [NUMERIC_ARRAY, (text) => parseArray(text, String)],
]);

/**
 * Reads exact values exactly: pg's defaults turn a date into a Date in the machine's zone, which is another day
 * elsewhere, and an array of numeric into floats. Given to a pool as `types`, so that other pools of the process
 * (knex, BullMQ) keep the parsers they count on.
 */
export const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    const parser = format === 'binary' ? undefined : PARSERS.get(oid);
    return parser ?? (pg.types.getTypeParser(oid, format ?? 'text') as Parser);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

function parseArray<T>(text: string, convert: (entry: string) => T): Array<T | null> {
  const inner = text.slice(1, -1);
  if (inner === '') return [];
  // Elements of these types never hold commas, quotes or braces, and nested arrays of them are not used.
  return inner.split(',').map((entry) => (entry === 'NULL' ? null : convert(entry)));
}

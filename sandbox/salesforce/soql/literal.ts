import { isRealDay, parseDatetime } from '../dml/coerce.ts';
import { canonicalId } from '../ids.ts';
import { RestError } from '../rest/rest-error.ts';
import type { FieldDefinition, FieldType } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import { malformed, queryError } from './query-error.ts';

type Kind = 'string' | 'number' | 'boolean' | 'date' | 'dateTime';

/** Kinds of literal that are not quoted text. */
const KINDS: Partial<Record<FieldType, Kind>> = {
  boolean: 'boolean',
  double: 'number',
  currency: 'number',
  percent: 'number',
  int: 'number',
  date: 'date',
  datetime: 'dateTime',
};

/** Reads a literal the way its field demands: text in quotes, everything else without. Null stands for itself. */
export function readLiteral(field: FieldDefinition, literal: string, soql: string): Value | null {
  if (literal.toUpperCase() === 'NULL') return null;
  const kind = KINDS[field.type] ?? 'string';
  const quoted = literal.startsWith("'");
  if (quoted !== (kind === 'string')) throw wrongKind(field, kind, literal, soql);
  const value = READERS[kind](field, literal);
  if (value === undefined) throw wrongKind(field, kind, literal, soql);
  return value;
}

const READERS: Record<Kind, (field: FieldDefinition, literal: string) => Value | undefined> = {
  string: readText,
  number: (_field, literal) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(literal) ? Number(literal) : undefined,
  boolean: (_field, literal) => ({ true: true, false: false })[literal.toLowerCase()],
  date: (_field, literal) =>
    /^\d{4}-\d{2}-\d{2}$/.test(literal) && isRealDay(literal) ? literal : undefined,
  dateTime: readMoment,
};

function readText(field: FieldDefinition, literal: string): string {
  const text = unescape(literal.slice(1, -1));
  if (field.type !== 'id' && field.type !== 'reference') return text;
  const id = canonicalId(text);
  if (id !== undefined || text === '') return id ?? '';
  throw new RestError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${text}`);
}

function readMoment(_field: FieldDefinition, literal: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/i.test(literal)) return undefined;
  const ms = parseDatetime(literal.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
  _: '_',
  '%': '%',
};

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_whole, char: string) => {
    const meant = ESCAPES[char.toLowerCase()];
    if (meant === undefined)
      throw malformed(`Illegal character escape sequence '\\${char}' in string literal`);
    return meant;
  });
}

function wrongKind(field: FieldDefinition, kind: Kind, literal: string, soql: string): RestError {
  const type = kind === 'number' ? (field.type === 'int' ? 'int' : 'double') : kind;
  const quotes = kind === 'string' ? 'should be enclosed in quotes' : 'should not be enclosed in quotes';
  return queryError(
    'INVALID_FIELD',
    soql,
    literal,
    `value of filter criterion for field '${field.name}' must be of type ${type} and ${quotes}`,
  );
}

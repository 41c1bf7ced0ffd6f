import type { FieldType } from '../schema/field.ts';
import type { Row } from '../store/row.ts';
import type { Column } from './column.ts';
import type { Condition } from './compiled-condition.ts';
import { readLiteral } from './literal.ts';
import { malformed, queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';

const TEXT_TYPES: readonly string[] = [
  'string',
  'textarea',
  'url',
  'phone',
  'email',
  'picklist',
  'combobox',
  'encryptedstring',
] satisfies readonly (FieldType | 'combobox' | 'encryptedstring')[];

/** `LIKE`: `%` stands for any text, `_` for one character; case does not matter. */
export function compareLike(column: Column, literal: string, soql: string): Condition {
  if (!TEXT_TYPES.includes(column.field.type)) throw wrongOperator(column, soql);
  if (!literal.startsWith("'")) throw malformed(`unexpected token: '${literal}'`);
  const pattern = new RegExp(`^${likeSource(literal.slice(1, -1))}$`, 'is');
  return {
    test(row) {
      const value = column.read(row);
      return value !== undefined && pattern.test(String(value));
    },
  };
}

/** `INCLUDES ('a;b','c')`: has a and b, or has c. */
export function compareMultipicklist(
  scope: QueryScope,
  column: Column,
  operator: 'INCLUDES' | 'EXCLUDES',
  literals: readonly string[],
): Condition {
  const type: string = column.field.type;
  if (type !== 'multipicklist') throw wrongOperator(column, scope.soql);
  const wanted = literals.map((literal) =>
    choices(String(readLiteral(column.field, literal, scope.soql) ?? '')),
  );
  const includes = (row: Row): boolean => {
    const own = new Set(choices(String(column.read(row) ?? '')));
    return wanted.some((all) => all.every((one) => own.has(one)));
  };
  return { test: operator === 'INCLUDES' ? includes : (row) => !includes(row) };
}

function choices(text: string): string[] {
  return text.split(';').map((one) => one.toLowerCase());
}

function wrongOperator(column: Column, soql: string): Error {
  return queryError(
    'INVALID_FIELD',
    soql,
    column.field.name,
    `invalid operator on ${column.field.type} field`,
  );
}

function likeSource(text: string): string {
  return text.replace(/\\(.)|([%_])|([.*+?^${}()|[\]\\])/gs, (whole, escaped?: string, wildcard?: string) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
    if (wildcard !== undefined) return wildcard === '%' ? '.*' : '.';
    return `\\${whole}`;
  });
}

import { coerce } from '../dml/coerce.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import type { Condition } from './condition-schema.ts';

/** A record as rules see it: what is about to be stored, or is. */
export interface RuleSubject {
  org: Org;
  type: ObjectType;
  after: Row;
  before: Row | undefined;
}

/** Whether all conditions hold. No conditions always do. */
export function allHold(conditions: readonly Condition[], subject: RuleSubject): boolean {
  return conditions.every((condition) => holds(condition, subject));
}

function holds({ field: path, op, value }: Condition, subject: RuleSubject): boolean {
  const { field, value: found } = readPath(subject, path);
  if (op === 'blank') return found === undefined;
  if (op === 'not-blank') return found !== undefined;
  if (op === 'changed') return subject.before?.[field?.name ?? path] !== found;
  const wanted = [value].flat().map((one) => comparable(field, one));
  return COMPARISONS[op](found, wanted);
}

type Comparison = (found: Value | undefined, wanted: readonly (Value | undefined)[]) => boolean;

const COMPARISONS: Record<Exclude<Condition['op'], 'blank' | 'not-blank' | 'changed'>, Comparison> = {
  equals: (found, [wanted]) => same(found, wanted),
  'not-equals': (found, [wanted]) => !same(found, wanted),
  less: (found, [wanted]) => found !== undefined && wanted !== undefined && found < wanted,
  greater: (found, [wanted]) => found !== undefined && wanted !== undefined && found > wanted,
  contains: (found, [wanted]) => textOf(found).includes(textOf(wanted)),
  'starts-with': (found, [wanted]) => textOf(found).startsWith(textOf(wanted)),
  in: (found, wanted) => wanted.some((one) => same(found, one)),
};

/** Text is compared without regard to case, as in the vendor's formulas on picklists and SOQL. */
function same(left: Value | undefined, right: Value | undefined): boolean {
  return typeof left === 'string' && typeof right === 'string'
    ? left.toLowerCase() === right.toLowerCase()
    : left === right;
}

function textOf(value: Value | undefined): string {
  return value === undefined ? '' : String(value).toLowerCase();
}

/** The rule's value in the form in which the field is stored: datetimes as milliseconds, ids with 18 characters. */
function comparable(field: FieldDefinition | undefined, value: unknown): Value | undefined {
  if (value === undefined) return undefined;
  if (field === undefined || field.type === 'picklist') return value as Value;
  try {
    return coerce(field, value) ?? undefined;
  } catch {
    return value as Value;
  }
}

/** Reads `Field` or `Parent.Field`; nothing when the path leads nowhere. */
export function readPath(
  { org, type, after }: Pick<RuleSubject, 'org' | 'type' | 'after'>,
  path: string,
): { field: FieldDefinition | undefined; value: Value | undefined } {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    const field = type.field(first);
    return { field, value: field === undefined ? undefined : after[field.name] };
  }
  const link = type.parent(first);
  const parentType = org.preset.schema.object(link?.referenceTo[0] ?? '');
  const parent =
    parentType === undefined ? undefined : org.table(parentType.name).get(String(after[link?.name ?? '']));
  if (parentType === undefined || parent === undefined) return { field: undefined, value: undefined };
  return readPath({ org, type: parentType, after: parent }, rest.join('.'));
}

import type { FieldDescription, ObjectDescription } from '../crm/connector.ts';
import type { LoadedMapping } from './load.ts';
import type { RecordMapping, WriteRow } from './schema.ts';
import { matchingFields } from './sections/matching.ts';
import { MappingError, type SourceView } from './evaluate.ts';
import type { ResolvedNames } from './resolved-names.ts';

export interface MappingFault {
  object: string;
  field: string;
  /** In plain words, with what to do. */
  problem: string;
}

export interface FittedMapping extends LoadedMapping {
  /** Rows dropped because the org lacks their optional field; their values must equal these sources instead. */
  absent: { row: WriteRow; record: 'deal' | 'account' | 'contact' }[];
  /** What the sections name, as records of this org. */
  names?: ResolvedNames;
  /** Non-empty: deals cannot be mirrored until these are fixed. */
  faults: MappingFault[];
}

/** Fits a mapping to what the org has: optional rows without a field are dropped, everything else missing is a fault. */
export function fitMapping(
  mapping: LoadedMapping,
  objects: ReadonlyMap<string, ObjectDescription>,
): FittedMapping {
  const fitted: FittedMapping = { ...mapping, absent: [], faults: [] };
  for (const record of ['account', 'contact', 'deal'] as const) {
    const wanted = mapping[record];
    const description = objects.get(wanted.object);
    if (!description) {
      fitted.faults.push({
        object: wanted.object,
        field: '*',
        problem: 'the object cannot be read: check permissions',
      });
      continue;
    }
    checkKeyField(wanted, description, fitted.faults);
    if (record !== 'deal') {
      for (const field of matchingFields(mapping.matching, record))
        if (!description.fields.has(field)) fitted.faults.push(missing(wanted.object, field));
    }
    const kept = wanted.write.filter((row) => keepRow(row, record, description, fitted));
    if (record === 'deal') {
      const read = mapping.deal.read.filter((row) => !row.optional || description.fields.has(row.from));
      for (const row of read) {
        if (!description.fields.has(row.from)) fitted.faults.push(missing(wanted.object, row.from));
      }
      fitted.deal = { ...mapping.deal, write: kept, read };
    } else {
      fitted[record] = { ...wanted, write: kept };
    }
  }
  return fitted;
}

function keepRow(
  row: WriteRow,
  record: 'deal' | 'account' | 'contact',
  description: ObjectDescription,
  fitted: FittedMapping,
): boolean {
  const field = description.fields.get(row.to);
  if (!field) {
    if (row.optional) fitted.absent.push({ row, record });
    else fitted.faults.push(missing(description.object, row.to));
    return !row.optional;
  }
  const problem = writeProblem(row, field);
  if (problem) fitted.faults.push({ object: description.object, field: row.to, problem });
  return true;
}

function checkKeyField(wanted: RecordMapping, description: ObjectDescription, faults: MappingFault[]): void {
  const field = description.fields.get(wanted.keyField);
  if (!field) faults.push(missing(wanted.object, wanted.keyField));
  else if (!field.unique) {
    const problem = 'the key field is not unique: duplicates could be created. Make it a unique external ID';
    faults.push({ object: wanted.object, field: wanted.keyField, problem });
  }
}

function missing(object: string, field: string): MappingFault {
  return {
    object,
    field,
    problem: 'the field does not exist or is not visible to the integration user: create it or grant access',
  };
}

function writeProblem(row: WriteRow, field: FieldDescription): string | null {
  if (!field.createable) return 'the field is not writable for the integration user';
  if (row.when === 'always' && !field.updateable)
    return 'the field cannot be changed after creation: use when: create';
  if (row.value !== undefined && field.allowedValues && !field.allowedValues.includes(String(row.value))) {
    return `"${String(row.value)}" is not among the values the picklist accepts`;
  }
  const mismatch = typeProblem(row, field);
  if (mismatch !== null) return mismatch;
  const cut = row.transforms.find((transform) => typeof transform === 'object' && 'truncate' in transform);
  if (
    cut &&
    typeof cut === 'object' &&
    'truncate' in cut &&
    field.length !== undefined &&
    cut.truncate > field.length
  ) {
    return `the mapping cuts at ${cut.truncate} characters, the field holds ${field.length}`;
  }
  return null;
}

type ValueKind = 'text' | 'number' | 'date' | 'boolean';

const numberSources: ReadonlySet<string> = new Set(['deal.version', 'deal.amount']);
const dateSources: ReadonlySet<string> = new Set(['deal.expectedCloseDate', 'deal.protectedUntil']);
const booleanSources: ReadonlySet<string> = new Set(['deal.partnerSourced']);
/** What each kind of field takes; kinds not listed take anything (the CRM has the last word on them). */
const accepted: Partial<Record<FieldDescription['type'], readonly ValueKind[]>> = {
  number: ['number'],
  boolean: ['boolean'],
  date: ['date'],
  datetime: ['date'],
};

/** A text mapped to a number field would be refused deal by deal; here it is refused once, before the first deal. */
function typeProblem(row: WriteRow, field: FieldDescription): string | null {
  const kinds = accepted[field.type];
  const kind = kindOf(row);
  if (!kinds || kind === null || kinds.includes(kind)) return null;
  return `the field holds a ${field.type}, the mapping sends a ${kind}`;
}

/** Null where a transform decides: a value table or a default may turn anything into anything. */
function kindOf(row: WriteRow): ValueKind | null {
  const last = row.transforms.at(-1);
  if (last === 'integer' || last === 'number') return 'number';
  if (last === 'yes-no-text') return 'boolean';
  if (
    row.transforms.some(
      (transform) => typeof transform === 'object' && ('values' in transform || 'default' in transform),
    )
  ) {
    return null;
  }
  if (row.value !== undefined) {
    return typeof row.value === 'string'
      ? row.value === 'true' || row.value === 'false'
        ? 'boolean'
        : 'text'
      : (typeof row.value as 'number' | 'boolean');
  }
  if (row.from === undefined) return null;
  if (numberSources.has(row.from)) return 'number';
  if (booleanSources.has(row.from)) return 'boolean';
  return dateSources.has(row.from) ? 'date' : 'text';
}

/** @throws MappingError when a value that the org has no field for is not what the org implies (a EUR deal in a USD-only org). */
export function requireAbsentValues(
  fitted: FittedMapping,
  record: 'deal' | 'account' | 'contact',
  view: SourceView,
): void {
  for (const { row, record: of } of fitted.absent) {
    if (of !== record || row.absentMustEqual === undefined || row.from === undefined) continue;
    const value = view[row.from] ?? null;
    const implied = view[row.absentMustEqual] ?? null;
    if (value !== implied) {
      throw new MappingError(
        row.to,
        `the org has no such field and implies ${String(implied)}, but the value is ${String(value)}`,
      );
    }
  }
}

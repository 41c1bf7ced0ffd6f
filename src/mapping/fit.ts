import type { FieldDescription, ObjectDescription } from '../crm/connector.ts';
import type { SummedField } from '../crm/line-items.ts';
import type { LoadedMapping } from './load.ts';
import type { ReadRow, RecordMapping, WriteRow } from './schema.ts';
import { matchingFields } from './sections/matching.ts';
import { MappingError, type SourceView } from './evaluate.ts';
import { fitLead } from './fit-lead.ts';
import type { ResolvedNames } from './resolved-names.ts';

export interface MappingFault {
  object: string;
  field: string;
  /** In plain words, with what to do. */
  problem: string;
}

type RecordOf = 'deal' | 'account' | 'contact';

/** A row that cannot be used as the org is now. The rows beside it go on. */
export interface PausedRow extends MappingFault {
  record: RecordOf;
  use: 'write' | 'read' | 'key' | 'match';
  /** The org has no such field, or hides it: what it held may be gone when it comes back. */
  missing: boolean;
  /** No record can be created without it: new ones wait. */
  essential: boolean;
  /** Only for `write`. */
  row?: WriteRow;
}

export interface FittedMapping extends LoadedMapping {
  /** Rows dropped because the org lacks their optional field; their values must equal these sources instead. */
  absent: { row: WriteRow; record: RecordOf }[];
  /** The deal's field that is the sum of its products, where it is written. */
  summed?: SummedField | undefined;
  /** What is written of a customer who is a person. */
  personRows?: readonly WriteRow[] | undefined;
  /** What the sections name, as records of this org. */
  names?: ResolvedNames;
  /** Left out of `write` and `read`, until the org has them again. */
  paused: PausedRow[];
  /** What a person has to correct: every paused row, and every object that cannot be read. */
  faults: MappingFault[];
}

/**
 * Fits a mapping to what the org has. A row that the org cannot take is paused, and that row alone; an optional row whose
 * field the org never had is dropped.
 * @param worked fields (`Object.Field`) that were there before: one of them missing is no choice of the org's any more
 */
export function fitMapping(
  mapping: LoadedMapping,
  objects: ReadonlyMap<string, ObjectDescription>,
  worked: ReadonlySet<string> = new Set(),
): FittedMapping {
  const fitted: FittedMapping = { ...mapping, absent: [], paused: [], faults: [] };
  for (const record of ['account', 'contact', 'deal'] as const) {
    const description = objects.get(mapping[record].object);
    if (!description) {
      const problem = 'the object cannot be read: check permissions';
      fitted.faults.push({ object: mapping[record].object, field: '*', problem });
      pause(fitted, {
        record,
        use: 'key',
        object: mapping[record].object,
        field: '*',
        problem,
        missing: true,
        essential: true,
      });
      continue;
    }
    fitRecord(fitted, mapping, record, description, worked);
  }
  fitted.faults.push(
    ...fitted.paused
      .filter(({ field }) => field !== '*')
      .map(({ object, field, problem }) => ({ object, field, problem })),
  );
  fitLead(fitted, objects);
  return fitted;
}

function pause(fitted: FittedMapping, row: PausedRow): void {
  fitted.paused.push(row);
}

function fitRecord(
  fitted: FittedMapping,
  mapping: LoadedMapping,
  record: RecordOf,
  description: ObjectDescription,
  worked: ReadonlySet<string>,
): void {
  const wanted = mapping[record];
  checkKeyField(wanted, record, description, fitted);
  const write = wanted.write.filter((row) => keepRow(row, record, description, fitted, worked));
  if (record === 'deal')
    fitted.deal = { ...mapping.deal, write, read: fitReads(mapping, description, fitted, worked) };
  else {
    fitted[record] = { ...wanted, write };
    checkMatching(fitted, matchingFields(mapping.matching, record), record, description);
  }
}

function keepRow(
  row: WriteRow,
  record: RecordOf,
  description: ObjectDescription,
  fitted: FittedMapping,
  worked: ReadonlySet<string>,
): boolean {
  const { object } = description;
  const field = description.fields.get(row.to);
  if (!field && row.optional && !worked.has(`${object}.${row.to}`)) {
    fitted.absent.push({ row, record });
    return false;
  }
  const problem = field ? writeProblem(row, field) : missingField;
  if (problem === null) return true;
  const essential = field?.required === true || row.from === 'stage.open';
  pause(fitted, { record, use: 'write', object, field: row.to, problem, missing: !field, essential, row });
  return false;
}

/** An amount in a currency that cannot be read is no amount: it is not read either. */
function fitReads(
  { deal }: LoadedMapping,
  { object, fields }: ObjectDescription,
  fitted: FittedMapping,
  worked: ReadonlySet<string>,
): ReadRow[] {
  const isThere = (row: ReadRow): boolean => fields.has(row.from);
  const isExpected = (row: ReadRow): boolean => !row.optional || worked.has(`${object}.${row.from}`);
  const lost = deal.read.filter((row) => !isThere(row) && isExpected(row));
  for (const row of lost) {
    pause(fitted, {
      record: 'deal',
      use: 'read',
      object,
      field: row.from,
      problem: missingField,
      missing: true,
      essential: false,
    });
  }
  const isCurrencyLost = lost.some((row) => row.to === 'currency');
  return deal.read.filter((row) => isThere(row) && !(isCurrencyLost && row.to === 'amount'));
}

function checkKeyField(
  wanted: RecordMapping,
  record: RecordOf,
  { object, fields }: ObjectDescription,
  fitted: FittedMapping,
): void {
  const field = fields.get(wanted.keyField);
  if (field?.unique) return;
  const problem = field
    ? 'the key field is not unique: duplicates could be created. Make it a unique external ID'
    : missingField;
  pause(fitted, {
    record,
    use: 'key',
    object,
    field: wanted.keyField,
    problem,
    missing: !field,
    essential: true,
  });
}

/** Matched by less than was decided, new customers could be created twice: they wait. */
function checkMatching(
  fitted: FittedMapping,
  wanted: readonly string[],
  record: RecordOf,
  { object, fields }: ObjectDescription,
): void {
  for (const field of wanted.filter((name) => !fields.has(name)))
    pause(fitted, {
      record,
      use: 'match',
      object,
      field,
      problem: missingField,
      missing: true,
      essential: true,
    });
}

const missingField =
  'the field does not exist or is not visible to the integration user: create it or grant access';

function writeProblem(row: WriteRow, field: FieldDescription): string | null {
  if (!field.createable) return 'the field is not writable for the integration user';
  if (row.when === 'always' && !field.updateable)
    return 'the field cannot be changed after creation: use when: create';
  const refused = fixedValues(row).find((value) => !accepts(field, value));
  if (refused !== undefined) return `"${refused}" is not among the values the picklist accepts`;
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

/** The values that a row sends whatever the deal says. */
function fixedValues(row: WriteRow): string[] {
  const tables = row.transforms.flatMap((transform) =>
    typeof transform === 'object' && 'values' in transform
      ? [
          ...Object.values(transform.values),
          ...(transform.otherwise === undefined ? [] : [transform.otherwise]),
        ]
      : [],
  );
  return row.value === undefined ? tables : [String(row.value)];
}

/** A value that was deactivated is not sent to an unrestricted picklist either, although the CRM would take it. */
function accepts({ allowedValues, inactiveValues }: FieldDescription, value: string): boolean {
  return (allowedValues?.includes(value) ?? true) && inactiveValues?.includes(value) !== true;
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
  const without = [
    ...fitted.absent,
    ...fitted.paused.flatMap(({ row, record: of }) => (row ? [{ row, record: of }] : [])),
  ];
  for (const { row, record: of } of without) {
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

/**
 * What else the org will not take: a value that the record type does not offer pauses its row; whatever no row stands for
 * (a required field that nothing fills, a record type that is not there) keeps new records of its object waiting.
 */
export function pauseByFaults(
  fitted: FittedMapping,
  faults: readonly MappingFault[],
  objects: ReadonlyMap<string, ObjectDescription>,
): FittedMapping {
  const paused = faults.map((fault): PausedRow => {
    const record =
      (['account', 'contact'] as const).find((kind) => fitted[kind].object === fault.object) ?? 'deal';
    const row = fitted[record].write.find(
      ({ to }) => to === fault.field && fitted[record].object === fault.object,
    );
    const essential = objects.get(fault.object)?.fields.get(fault.field)?.required === true;
    return row
      ? { ...fault, record, use: 'write', missing: false, essential, row }
      : { ...fault, record, use: 'key', missing: false, essential: true };
  });
  const isPaused = (row: WriteRow): boolean => paused.some((one) => one.row === row);
  const without = <T extends { write: WriteRow[] }>(record: T): T => ({
    ...record,
    write: record.write.filter((row) => !isPaused(row)),
  });
  return {
    ...fitted,
    deal: without(fitted.deal),
    account: without(fitted.account),
    contact: without(fitted.contact),
    paused: [...fitted.paused, ...paused],
    faults: [...fitted.faults, ...faults],
  };
}

import type { ObjectDescription } from '../crm/connector.ts';
import type { RecordType, RecordTypeValues } from '../crm/record-types.ts';
import type { MappingFault } from './fit.ts';
import type { RecordMapping, WriteRow } from './schema.ts';

/** The record type that new deals get: the one the mapping names, else the one the org gives records that name none. */
export function chooseRecordType(
  name: string | undefined,
  description: ObjectDescription | undefined,
): { recordType: RecordType | null; faults: MappingFault[] } {
  const types = description?.recordTypes ?? [];
  if (name === undefined)
    return { recordType: types.find((type) => type.isDefault && !type.master) ?? null, faults: [] };
  const found = types.find((type) => !type.master && type.name.toLowerCase() === name.toLowerCase());
  if (found?.available) return { recordType: found, faults: [] };
  const others = types.filter((type) => !type.master && type.available).map((type) => type.name);
  const problem =
    found === undefined
      ? `there is no record type "${name}"; there are: ${others.join(', ') || 'none'}`
      : `our user may not use the record type "${name}": assign it to its profile or permission set`;
  return { recordType: null, faults: [{ object: description?.object ?? '', field: 'record type', problem }] };
}

/**
 * A picklist may be restricted further by the record type. Every value that a row is known to send is held against it
 * before the first deal; what only a deal can tell, the CRM still has the last word on.
 */
export function recordTypeFaults(
  { object, write }: RecordMapping,
  description: ObjectDescription | undefined,
  recordType: RecordType,
  values: RecordTypeValues,
): MappingFault[] {
  return write.flatMap((row) => {
    const offered = values.get(row.to);
    // An open picklist takes any value, whatever the record type lists.
    if (offered === undefined || description?.fields.get(row.to)?.allowedValues === undefined) return [];
    return sentValues(row)
      .filter((value) => !offered.includes(value))
      .map((value) => ({
        object,
        field: row.to,
        problem: `the record type "${recordType.name}" does not offer "${value}": add it there, send another value, or choose another record type`,
      }));
  });
}

function sentValues(row: WriteRow): string[] {
  const last = row.transforms.at(-1);
  if (typeof last === 'object' && 'values' in last)
    return [...new Set([...Object.values(last.values), last.otherwise ?? ''])].filter(
      (value) => value !== '',
    );
  return row.value === undefined || last !== undefined ? [] : [String(row.value)];
}

/** Fields that the org demands on every new record and that no row fills: each would refuse every single deal. */
export function unfilledFaults(
  { object, keyField, write }: RecordMapping,
  description: ObjectDescription | undefined,
): MappingFault[] {
  const filled = new Set([keyField, ...write.map((row) => row.to)]);
  const required = [...(description?.fields.values() ?? [])].filter(
    (field) => field.required && field.createable,
  );
  return required
    .filter(({ name }) => !filled.has(name))
    .map(({ name }) => ({
      object,
      field: name,
      problem: `this org demands a value on every new record, and no row of the mapping gives one: add a row, such as { to: ${name}, value: ..., when: create }`,
    }));
}

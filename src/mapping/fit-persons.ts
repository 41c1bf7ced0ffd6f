import type { Capabilities, ObjectDescription } from '../crm/connector.ts';
import type { MappingFault } from './fit.ts';
import { chooseRecordType } from './fit-record-type.ts';
import { WriteRow, type Mapping } from './schema.ts';

/** What is written of a customer who is a person, as this org has it; what it lacks keeps new accounts waiting. */
export function fitPersons(
  { persons, account }: Pick<Mapping, 'persons' | 'account'>,
  description: ObjectDescription | undefined,
  capabilities: Pick<Capabilities, 'tagFields'>,
): { rows: WriteRow[] | undefined; faults: MappingFault[] } {
  if (!persons) return { rows: undefined, faults: [] };
  const { recordType, faults } = chooseRecordType(persons.recordType, description);
  const typeField = capabilities.tagFields?.recordType;
  const problem =
    'the field does not exist or is not writable for the integration user: create it or grant access';
  const missing = persons.write.filter(
    (row) => !description?.fields.get(row.to)?.createable && !row.optional,
  );
  const lacking = missing.map((row) => ({ object: account.object, field: row.to, problem }));
  const rows = persons.write.filter((row) => description?.fields.get(row.to)?.createable);
  const typed =
    recordType === null || typeField === undefined
      ? []
      : [WriteRow.parse({ to: typeField, value: recordType.id, when: 'create' })];
  return { rows: [...rows, ...typed], faults: [...faults, ...lacking] };
}

import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';

const MASTER = '012000000000000AAA';

/** First version whose answers name a record type's developer name. */
const DEVELOPER_NAME_SINCE = 43;

/** The record types of an object, the master last, as `describe` lists them. */
export function describeRecordTypes(org: Org, type: ObjectType, version: string): Record<string, unknown>[] {
  const table = org.table('RecordType');
  const defaults = new Set(
    org.preset.recordTypes
      .filter((one) => one.isDefault && one.object === type.name)
      .map((one) => one.developerName),
  );
  const own = table.ids
    .map((id) => table.get(id))
    .filter((row) => row?.['SobjectType'] === type.name && row['IsDeleted'] !== true)
    .map((row) => ({
      id: String(row?.['Id']),
      name: String(row?.['Name']),
      developerName: String(row?.['DeveloperName']),
      active: row?.['IsActive'] === true,
      isDefault: defaults.has(String(row?.['DeveloperName'])),
      master: false,
    }));
  const master = {
    id: MASTER,
    name: 'Master',
    developerName: 'Master',
    active: true,
    isDefault: !own.some((one) => one.isDefault),
    master: true,
  };
  return [...own, master].map((one) => {
    const layout = `/services/data/v${version}/sobjects/${type.name}/describe/layouts/${one.id}`;
    return {
      active: one.active,
      available: one.active,
      defaultRecordTypeMapping: one.isDefault,
      ...(Number.parseInt(version, 10) >= DEVELOPER_NAME_SINCE ? { developerName: one.developerName } : {}),
      master: one.master,
      name: one.name,
      recordTypeId: one.id,
      urls: { layout },
    };
  });
}

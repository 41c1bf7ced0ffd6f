import { z } from 'zod';
import { liveRows } from '../../access/permissions.ts';
import type { Sandbox } from '../../sandbox.ts';
import { recordTypeField } from '../../schema/record-types.ts';
import type { ObjectType } from '../../schema/schema.ts';
import type { Row, Values } from '../../store/row.ts';
import { checkDeveloperName } from '../check-field.ts';
import type { Component } from '../component-store.ts';
import { integrity, MetadataError, missing, notFoundByName } from '../metadata-error.ts';
import {
  listOf,
  optionalBoolean,
  optionalText,
  readContent,
  readShape,
  withoutUndefined,
  type Plain,
} from '../plain.ts';
import type { Listed, MetadataKind } from './kind.ts';

const TYPE = 'RecordType';

const pickedValue = z.strictObject({
  fullName: z.string(),
  default: optionalBoolean,
  allowEmail: optionalBoolean,
  closed: optionalBoolean,
  color: optionalText,
  controllingFieldValues: z.unknown().optional(),
  converted: optionalBoolean,
  cssExposed: optionalBoolean,
  description: optionalText,
  forecastCategory: optionalText,
  highPriority: optionalBoolean,
  probability: z.unknown().optional(),
  reverseRole: optionalText,
  reviewed: optionalBoolean,
  won: optionalBoolean,
});

const shape = z.strictObject({
  fullName: optionalText,
  active: optionalBoolean,
  businessProcess: optionalText,
  compactLayoutAssignment: optionalText,
  description: optionalText,
  label: optionalText,
  picklistValues: listOf(z.strictObject({ picklist: z.string(), values: listOf(pickedValue) })),
});

/** Objects whose record types stand for a process, named by `businessProcess`. */
const WITH_PROCESS: ReadonlySet<string> = new Set(['Opportunity', 'Lead', 'Case', 'Solution']);

/** Record types: rows of RecordType, with the picklist values each of them leaves. */
export const recordTypeKind: MetadataKind = {
  type: TYPE,
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create(work, fullName, plain) {
    const { type, name } = place(work.sandbox, fullName);
    checkDeveloperName(name);
    if (rowOf(work.sandbox, fullName) !== undefined) {
      throw new MetadataError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a RecordType named ${name} on ${type.name}.`,
        ['fullName'],
      );
    }
    const content = checked(type, plain);
    const { type: rows } = work.sandbox.org.table(TYPE);
    const row = work.transaction.write({
      type: rows,
      op: 'create',
      values: { ...valuesOf(content), SobjectType: type.name, DeveloperName: name },
    });
    work.put(TYPE, `${type.name}.${name}`, content, String(row['Id']));
  },
  update(work, fullName, plain) {
    const { type, name } = place(work.sandbox, fullName);
    const before = existing(work.sandbox, fullName);
    const content = checked(type, plain);
    const { type: rows } = work.sandbox.org.table(TYPE);
    work.transaction.write({ type: rows, op: 'update', before, values: valuesOf(content) });
    work.put(TYPE, `${type.name}.${name}`, content, String(before['Id']));
  },
  delete(work, fullName) {
    const before = existing(work.sandbox, fullName);
    const { type: rows } = work.sandbox.org.table(TYPE);
    work.transaction.write({ type: rows, op: 'delete', before, values: {} });
    const component = work.sandbox.metadata.get(TYPE, fullName);
    if (component !== undefined) work.remove(component);
  },
  read(sandbox, fullName) {
    const row = rowOf(sandbox, fullName);
    if (row === undefined) return undefined;
    const shown = { active: row['IsActive'] === true, label: row['Name'], description: row['Description'] };
    return sandbox.metadata.get(TYPE, fullName)?.content ?? withoutUndefined(shown);
  },
  list(sandbox) {
    const table = sandbox.org.table(TYPE);
    return table.ids.flatMap((id): Listed[] => {
      const row = table.get(id);
      return row === undefined || row['IsDeleted'] === true
        ? []
        : [listedRow(row, `${String(row['SobjectType'])}.${String(row['DeveloperName'])}`)];
    });
  },
};

/** Dates and authors of what is kept as a row. */
export function listedRow(row: Row, fullName: string): Listed {
  return {
    fullName,
    id: String(row['Id']),
    createdDate: Number(row['CreatedDate'] ?? 0),
    createdById: String(row['CreatedById'] ?? ''),
    lastModifiedDate: Number(row['LastModifiedDate'] ?? 0),
    lastModifiedById: String(row['LastModifiedById'] ?? ''),
  };
}

function place(sandbox: Sandbox, fullName: string): { type: ObjectType; name: string } {
  const [object = '', name = ''] = fullName.split('.');
  const type = sandbox.org.preset.schema.object(object);
  if (type === undefined) throw notFoundByName('CustomObject', object);
  return { type, name };
}

function rowOf(sandbox: Sandbox, fullName: string): Row | undefined {
  const [object = '', name = ''] = fullName.toLowerCase().split('.');
  return liveRows(sandbox.org, TYPE, 'DeveloperName', name).find(
    (row) => String(row['SobjectType']).toLowerCase() === object,
  );
}

function existing(sandbox: Sandbox, fullName: string): Row {
  const found = rowOf(sandbox, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}

function valuesOf(content: Plain): Values {
  return {
    Name: String(content['label']),
    IsActive: content['active'] === true,
    Description: content['description'] === undefined ? null : String(content['description']),
  };
}

function checked(type: ObjectType, plain: Plain): Plain {
  const content = readContent(shape, TYPE, plain);
  if (content.label === undefined) throw missing('label');
  if (content.active === undefined) throw missing('active');
  if (WITH_PROCESS.has(type.name) && content.businessProcess === undefined) throw missing('businessProcess');
  for (const { picklist, values } of content.picklistValues) checkPicklist(type, picklist, values);
  return content;
}

function checkPicklist(type: ObjectType, name: string, values: readonly { fullName: string }[]): void {
  const field = type.field(name);
  if (field === undefined) throw notFoundByName('CustomField', `${type.name}.${name}`, 'picklist');
  if (field.type !== 'picklist' && field.type !== 'multipicklist')
    throw integrity(`${type.name}.${name} is not a picklist`, 'picklistValues');
  // The vendor writes signs such as / as %2F here.
  const unknown = values.find((value) => !field.picklist.includes(decodeURIComponent(value.fullName)));
  if (unknown === undefined) return;
  throw new MetadataError(
    'INVALID_CROSS_REFERENCE_KEY',
    `Picklist value: ${unknown.fullName} in picklist: ${name} not found`,
    ['picklistValues'],
  );
}

/** Gives an object with record types the field that says which one a record has, and the values each type leaves. */
export function followRecordType(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  const { org } = sandbox;
  const [object = '', developerName = ''] = ((after ?? before)?.fullName ?? '').split('.');
  const others = org.preset.recordTypes.filter(
    (one) => one.object !== object || one.developerName !== developerName,
  );
  const content = after === undefined ? undefined : shape.parse(after.content);
  org.changeRecordTypes(
    content === undefined
      ? others
      : [
          ...others,
          {
            object,
            developerName,
            name: content.label ?? developerName,
            isDefault: !others.some((one) => one.object === object),
            personType: false,
            picklists: Object.fromEntries(
              content.picklistValues.map(({ picklist, values }) => [
                picklist,
                values.map((value) => decodeURIComponent(value.fullName)),
              ]),
            ),
          },
        ],
  );
  org.changeSchema(
    org.preset.schema.objects.map(({ definition }) =>
      definition.name === object && !definition.fields.some((field) => field.name === 'RecordTypeId')
        ? { ...definition, fields: [...definition.fields, recordTypeField()] }
        : definition,
    ),
  );
}

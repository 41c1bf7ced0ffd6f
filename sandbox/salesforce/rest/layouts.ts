import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { recordId } from '../ids.ts';
import { describeField } from './describe-field.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';
import { notFound } from './rest-error.ts';

/** Record type of records without one. */
const MASTER = '012000000000000AAA';
const COLUMNS = 2;

/** Layouts beside the main one, by object, as every org has them. */
const NAMED_LAYOUTS: Readonly<Record<string, readonly string[]>> = { User: ['UserAlt'] };

/** `GET /sobjects/{type}/describe/layouts`: this org has one layout an object, whatever the record type. */
export function describeLayouts(request: ApiRequest): Reply {
  return { status: 200, body: layoutsOf(request, layoutableType(request)), records: 0 };
}

/** `GET /sobjects/{type}/describe/layouts/{recordTypeId}` */
export function describeLayout(request: ApiRequest): Reply {
  const type = layoutableType(request);
  const asked = request.params['recordType'] ?? '';
  if (!recordTypesOf(request, type).some(({ id }) => id === asked || id.slice(0, 15) === asked))
    throw notFound();
  return { status: 200, body: layoutOf(request, type), records: 0 };
}

/** `GET /sobjects/{type}/describe/namedLayouts/{name}` */
export function describeNamedLayout(request: ApiRequest): Reply {
  const type = requestedType(request);
  if (NAMED_LAYOUTS[type.name]?.includes(request.params['name'] ?? '') !== true) throw notFound();
  return { status: 200, body: layoutsOf(request, type), records: 0 };
}

/** `GET /sobjects/{type}/describe/compactLayouts`: the system's own, with the name alone. */
export function describeCompactLayouts(request: ApiRequest): Reply {
  const type = layoutableType(request);
  const name = type.fields.find((field) => field.nameField);
  const system = {
    actions: [],
    fieldItems: name === undefined ? [] : [layoutItem(name)],
    id: null,
    imageItems: [],
    label: 'System Default',
    name: 'SYSTEM',
    objectType: type.name,
  };
  const body = {
    compactLayouts: [system],
    defaultCompactLayoutId: null,
    recordTypeCompactLayoutMappings: recordTypesOf(request, type).map(({ id, label }) => ({
      available: true,
      compactLayoutId: null,
      compactLayoutName: 'SYSTEM',
      recordTypeId: id,
      recordTypeName: label,
    })),
  };
  return { status: 200, body, records: 0 };
}

/** `GET /sobjects/{type}/describe/approvalLayouts`: no approval process is set up. */
export function describeApprovalLayouts(request: ApiRequest): Reply {
  layoutableType(request);
  return { status: 200, body: { approvalLayouts: [] }, records: 0 };
}

function layoutableType(request: ApiRequest): ObjectType {
  const type = requestedType(request);
  if (!type.definition.layoutable) throw notFound();
  return type;
}

function recordTypesOf({ sandbox }: ApiRequest, type: ObjectType): { id: string; label: string }[] {
  const table = sandbox.org.table('RecordType');
  const own = table.ids.flatMap((id) => {
    const row = table.get(id);
    return row?.['SobjectType'] === type.name ? [{ id, label: String(row['Name']) }] : [];
  });
  return [...own, { id: MASTER, label: 'Master' }];
}

function layoutsOf(request: ApiRequest, type: ObjectType): Record<string, unknown> {
  const { id } = layoutOf(request, type);
  const base = `/services/data/v${request.version}/sobjects/${type.name}/describe/layouts`;
  const recordTypes = recordTypesOf(request, type);
  return {
    layouts: [layoutOf(request, type)],
    recordTypeMappings: recordTypes.map((recordType) => ({
      active: true,
      available: true,
      defaultRecordTypeMapping: recordType === recordTypes[0],
      developerName: recordType.label,
      layoutId: id,
      master: recordType.id === MASTER,
      name: recordType.label,
      picklistsForRecordType: null,
      recordTypeId: recordType.id,
      urls: { layout: `${base}/${recordType.id}` },
    })),
    recordTypeSelectorRequired: [recordTypes.length > 1],
  };
}

function layoutOf(request: ApiRequest, type: ObjectType) {
  const id = recordId('00h', request.sandbox.org.preset.schema.objects.indexOf(type) + 1);
  const shown = type.fields.filter((field) => field.type !== 'id' && field.compound === undefined);
  return {
    buttonLayoutSection: { detailButtons: buttonsOf(type) },
    detailLayoutSections: [section(type, shown, id)],
    editLayoutSections: [section(type, shown.filter(isEditable), id)],
    feedView: null,
    highlightsPanelLayoutSection: null,
    id,
    multirowEditLayoutSections: [],
    offlineLinks: [],
    quickActionList: { quickActionListItems: [] },
    relatedContent: null,
    relatedLists: relatedLists(request, type),
    saveOptions: [],
  };
}

function isEditable(field: FieldDefinition): boolean {
  return field.createable || field.updateable;
}

function buttonsOf({ definition }: ObjectType): Record<string, unknown>[] {
  const names = [definition.updateable ? 'Edit' : '', definition.deletable ? 'Delete' : ''];
  return names
    .filter((name) => name !== '')
    .map((name) => ({ custom: false, label: name, name, overridden: false, url: null }));
}

function section(
  type: ObjectType,
  fields: readonly FieldDefinition[],
  layoutId: string,
): Record<string, unknown> {
  const rows: FieldDefinition[][] = [];
  fields.forEach((field, at) => (at % COLUMNS === 0 ? rows.push([field]) : rows.at(-1)?.push(field)));
  return {
    collapsed: false,
    columns: COLUMNS,
    heading: `${type.definition.label} Information`,
    layoutRows: rows.map((row) => ({ layoutItems: row.map(layoutItem), numItems: row.length })),
    layoutSectionId: null,
    parentLayoutId: layoutId,
    rows: rows.length,
    tabOrder: 'TopToBottom',
    useCollapsibleSection: false,
    useHeading: true,
  };
}

function layoutItem(field: FieldDefinition): Record<string, unknown> {
  const component = {
    details: describeField(field),
    displayLines: 1,
    tabOrder: 1,
    type: 'Field',
    value: field.name,
  };
  return {
    editableForNew: field.createable,
    editableForUpdate: field.updateable,
    label: field.label,
    layoutComponents: [component],
    placeholder: false,
    required: field.required,
  };
}

function relatedLists({ sandbox }: ApiRequest, type: ObjectType): Record<string, unknown>[] {
  return type.children.flatMap(({ object, field }) => {
    const child = sandbox.org.preset.schema.object(object);
    const name = child?.fields.find((one) => one.nameField);
    if (child?.definition.layoutable !== true || name === undefined) return [];
    const column = {
      field: `${object}.${name.name}`,
      fieldApiName: name.name,
      format: null,
      label: name.label,
    };
    return [
      {
        accessLevelRequiredForCreate: null,
        buttons: [],
        columns: [{ ...column, lookupId: 'Id', name: name.name, sortable: true }],
        custom: child.definition.name.endsWith('__c'),
        field: field.name,
        label: child.definition.labelPlural,
        limitRows: 5,
        name: field.childRelationshipName,
        sobject: object,
        sort: [],
      },
    ];
  });
}

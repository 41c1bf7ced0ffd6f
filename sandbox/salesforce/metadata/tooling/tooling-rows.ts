import { recordId } from '../../ids.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { FieldDefinition } from '../../schema/field.ts';
import type { ObjectType } from '../../schema/schema.ts';
import type { Values } from '../../store/row.ts';
import type { Component } from '../component-store.ts';

/** Rows of one tooling object. */
export interface ToolingRow extends Values {
  Id: string;
}

/** The rows of every tooling object, as the org is set up now. */
export function toolingRows(sandbox: Sandbox): Record<string, ToolingRow[]> {
  const entities = new Map(
    sandbox.org.preset.schema.objects.map((type, at) => [type.name, recordId('4ie', at + 1)]),
  );
  const of = (type: string) => sandbox.metadata.list(type);
  let fields = 0;
  return {
    EntityDefinition: sandbox.org.preset.schema.objects.map((type) => entityRow(sandbox, type, entities)),
    FieldDefinition: sandbox.org.preset.schema.objects.flatMap((type) =>
      type.allFields.map((field) => fieldRow(sandbox, type, field, recordId('4fe', ++fields), entities)),
    ),
    CustomField: of('CustomField').map((one) => customFieldRow(sandbox, one, entities)),
    ValidationRule: of('ValidationRule').map((one) => validationRuleRow(one, entities)),
    PlatformEventChannelMember: of('PlatformEventChannelMember').map(channelMemberRow),
  };
}

type Entities = ReadonlyMap<string, string>;

/** What the Tooling API calls an object: its name, or the id of the custom object. */
function durableId(sandbox: Sandbox, objectName: string): string {
  return sandbox.metadata.get('CustomObject', objectName)?.id.slice(0, 15) ?? objectName;
}

function entityRow(sandbox: Sandbox, { name, definition }: ObjectType, entities: Entities): ToolingRow {
  return {
    Id: entities.get(name) ?? '',
    DurableId: durableId(sandbox, name),
    QualifiedApiName: name,
    DeveloperName: name.replace(/__c$/, ''),
    Label: definition.label,
    MasterLabel: definition.label,
    PluralLabel: definition.labelPlural,
    KeyPrefix: definition.keyPrefix,
    IsCustomizable: !definition.internal,
    IsQueryable: true,
    IsTriggerable: definition.triggerable,
  };
}

function fieldRow(
  sandbox: Sandbox,
  type: ObjectType,
  field: FieldDefinition,
  id: string,
  entities: Entities,
): ToolingRow {
  const component = sandbox.metadata.get('CustomField', `${type.name}.${field.name}`);
  return {
    Id: id,
    DurableId: `${durableId(sandbox, type.name)}.${component?.id.slice(0, 15) ?? field.name}`,
    EntityDefinitionId: entities.get(type.name) ?? null,
    QualifiedApiName: field.name,
    DeveloperName: field.name.replace(/__c$/, ''),
    Label: field.label,
    MasterLabel: field.label,
    DataType: dataType(field, component),
    RelationshipName: field.relationshipName ?? null,
    Length: field.length,
    Precision: field.precision,
    Scale: field.scale,
    IsIndexed: field.indexed,
    IsNillable: field.nillable,
    IsCalculated: field.calculated,
    IsNameField: field.nameField,
  };
}

/** The type as the pages of Setup write it, such as `Text(80) (External ID)` or `Lookup(Account)`. */
function dataType(field: FieldDefinition, component: Component | undefined): string {
  const type = String(component?.content['type'] ?? field.type);
  const marks = [
    ...(field.externalId ? ['External ID'] : []),
    ...(field.unique ? [field.caseSensitive ? 'Unique Case Sensitive' : 'Unique Case Insensitive'] : []),
  ];
  const shown = `${type}${size(type, field)}`;
  return marks.length === 0 ? shown : `${shown} (${marks.join(') (')})`;
}

function size(type: string, field: FieldDefinition): string {
  if (field.referenceTo.length > 0) return `(${field.referenceTo.join(',')})`;
  if (['Number', 'Currency', 'Percent'].includes(type))
    return `(${field.precision - field.scale}, ${field.scale})`;
  return ['Text', 'LongTextArea', 'string'].includes(type) ? `(${field.length})` : '';
}

function componentRow(component: Component): ToolingRow {
  return {
    Id: component.id,
    FullName: component.fullName,
    Metadata: JSON.stringify(component.content),
    ManageableState: 'unmanaged',
    CreatedDate: component.createdDate,
    LastModifiedDate: component.lastModifiedDate,
  };
}

function customFieldRow(sandbox: Sandbox, component: Component, entities: Entities): ToolingRow {
  const [object = '', name = ''] = component.fullName.split('.');
  const field = sandbox.org.preset.schema.object(object)?.field(name);
  const { description, inlineHelpText } = component.content;
  return {
    ...componentRow(component),
    EntityDefinitionId: entities.get(object) ?? null,
    TableEnumOrId: durableId(sandbox, object),
    DeveloperName: name.replace(/__c$/, ''),
    Description: typeof description === 'string' ? description : null,
    InlineHelpText: typeof inlineHelpText === 'string' ? inlineHelpText : null,
    Length: field?.length ?? null,
    Precision: field?.precision ?? null,
    Scale: field?.scale ?? null,
  };
}

function validationRuleRow(component: Component, entities: Entities): ToolingRow {
  const [object = '', name = ''] = component.fullName.split('.');
  const said = (part: string) => {
    const value = component.content[part];
    return typeof value === 'string' ? value : null;
  };
  return {
    ...componentRow(component),
    EntityDefinitionId: entities.get(object) ?? null,
    ValidationName: name,
    Active: component.content['active'] === true,
    Description: said('description'),
    ErrorDisplayField: said('errorDisplayField'),
    ErrorMessage: said('errorMessage'),
  };
}

function channelMemberRow(component: Component): ToolingRow {
  const { eventChannel, selectedEntity, filterExpression } = component.content;
  return {
    ...componentRow(component),
    DeveloperName: component.fullName,
    EventChannel: String(eventChannel),
    SelectedEntity: String(selectedEntity),
    FilterExpression: typeof filterExpression === 'string' ? filterExpression : null,
  };
}

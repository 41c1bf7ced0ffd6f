import { field, leadingFields, lookup, number, text, type FieldDefinition } from '../../schema/field.ts';
import { object, PLATFORM_ONLY, type ObjectDefinition } from '../../schema/object.ts';

/** The objects that the Tooling API is asked for: the org's set-up, as rows. */
export function toolingObjects(): ObjectDefinition[] {
  return [entityDefinition(), fieldDefinition(), customField(), validationRule(), channelMember()];
}

function tooling(name: string, prefix: string, fields: FieldDefinition[]): ObjectDefinition {
  return object(name, name, name, prefix, [...leadingFields(), ...fields], PLATFORM_ONLY);
}

function entityDefinition(): ObjectDefinition {
  return tooling('EntityDefinition', '4ie', [
    text('DurableId', 'Durable ID', 80, { indexed: true }),
    text('QualifiedApiName', 'Qualified API Name', 80, { indexed: true }),
    text('DeveloperName', 'Developer Name', 80, { indexed: true }),
    text('Label', 'Label', 80),
    text('MasterLabel', 'Master Label', 80),
    text('PluralLabel', 'Plural Label', 80),
    text('KeyPrefix', 'Key Prefix', 3),
    text('NamespacePrefix', 'Namespace Prefix', 15),
    field('IsCustomizable', 'Customizable', 'boolean'),
    field('IsQueryable', 'Queryable', 'boolean'),
    field('IsTriggerable', 'Triggerable', 'boolean'),
  ]);
}

function onEntity(): FieldDefinition {
  return lookup(
    'EntityDefinitionId',
    'Entity Definition ID',
    'EntityDefinition',
    'EntityDefinition',
    undefined,
  );
}

function fieldDefinition(): ObjectDefinition {
  return tooling('FieldDefinition', '4fe', [
    text('DurableId', 'Durable ID', 160, { indexed: true }),
    onEntity(),
    text('QualifiedApiName', 'Qualified API Name', 80, { indexed: true }),
    text('DeveloperName', 'Developer Name', 80, { indexed: true }),
    text('Label', 'Label', 255),
    text('MasterLabel', 'Master Label', 255),
    text('DataType', 'Data Type', 255),
    text('NamespacePrefix', 'Namespace Prefix', 15),
    text('RelationshipName', 'Relationship Name', 80),
    field('Length', 'Length', 'int', { precision: 9 }),
    number('Precision', 'Precision', 9),
    number('Scale', 'Scale', 9),
    field('IsIndexed', 'Is Indexed', 'boolean'),
    field('IsNillable', 'Is Nillable', 'boolean'),
    field('IsCalculated', 'Is Calculated', 'boolean'),
    field('IsNameField', 'Is Name Field', 'boolean'),
  ]);
}

/** Columns that only a query for a single row may ask for. */
function wholeComponent(): FieldDefinition[] {
  return [text('FullName', 'Full Name', 255), field('Metadata', 'Metadata', 'textarea', { length: 131_072 })];
}

function dates(): FieldDefinition[] {
  return [
    field('CreatedDate', 'Created Date', 'datetime'),
    field('LastModifiedDate', 'Last Modified Date', 'datetime'),
  ];
}

function customField(): ObjectDefinition {
  return tooling('CustomField', '00N', [
    onEntity(),
    text('TableEnumOrId', 'Table Enum Or ID', 80, { indexed: true }),
    text('DeveloperName', 'Developer Name', 80, { indexed: true }),
    text('NamespacePrefix', 'Namespace Prefix', 15),
    text('Description', 'Description', 1000),
    text('InlineHelpText', 'Inline Help Text', 510),
    field('Length', 'Length', 'int', { precision: 9 }),
    number('Precision', 'Precision', 9),
    number('Scale', 'Scale', 9),
    text('ManageableState', 'Manageable State', 40),
    ...wholeComponent(),
    ...dates(),
  ]);
}

function validationRule(): ObjectDefinition {
  return tooling('ValidationRule', '03d', [
    onEntity(),
    text('ValidationName', 'Validation Name', 80, { indexed: true }),
    field('Active', 'Active', 'boolean'),
    text('Description', 'Description', 1000),
    text('ErrorDisplayField', 'Error Display Field', 255),
    text('ErrorMessage', 'Error Message', 255),
    text('ManageableState', 'Manageable State', 40),
    ...wholeComponent(),
    ...dates(),
  ]);
}

function channelMember(): ObjectDefinition {
  return tooling('PlatformEventChannelMember', '0v8', [
    text('DeveloperName', 'Developer Name', 80, { indexed: true }),
    text('EventChannel', 'Event Channel', 80),
    text('SelectedEntity', 'Selected Entity', 80, { indexed: true }),
    text('FilterExpression', 'Filter Expression', 4000),
    text('ManageableState', 'Manageable State', 40),
    ...wholeComponent(),
    ...dates(),
  ]);
}

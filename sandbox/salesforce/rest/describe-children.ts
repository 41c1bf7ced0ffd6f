import type { FieldDefinition } from '../schema/field.ts';
import { fieldsOfVersion } from '../schema/field-versions.ts';
import type { ObjectType, Schema } from '../schema/schema.ts';

/** The objects that refer to this one, by name: those of the org, their change events, and those the sandbox only knows of. */
export function describeChildren(
  schema: Schema,
  type: ObjectType,
  version: string,
): Record<string, unknown>[] {
  const modelled = schema.objects.flatMap((child) =>
    fieldsOfVersion(child, version)
      .filter((field) => isChildOf(field, type))
      .flatMap((field) => [fromField(child, field), ...fromChangeEvent(child, field)]),
  );
  const names = new Set(modelled.map(nameOf));
  const others = type.definition.otherChildren
    .map((child) =>
      relationship(child.object, child.field, child.relationship, child.cascade, child.restrict),
    )
    .filter((child) => !names.has(nameOf(child)));
  return [...modelled, ...others].sort(bySortKey);
}

function isChildOf(field: FieldDefinition, type: ObjectType): boolean {
  return field.referenceTo.includes(type.name) && field.name !== 'MasterRecordId';
}

function fromField(child: ObjectType, field: FieldDefinition): Record<string, unknown> {
  const { cascade = field.masterDetail === true, restrict = false } = field.onParentDelete ?? {};
  return relationship(child.name, field.name, field.childRelationshipName ?? null, cascade, restrict);
}

function fromChangeEvent(child: ObjectType, field: FieldDefinition): Record<string, unknown>[] {
  if (!child.definition.changeEvents || field.hiddenInEvents) return [];
  const name = child.name.endsWith('__c')
    ? child.name.replace(/__c$/, '__ChangeEvent')
    : `${child.name}ChangeEvent`;
  return [relationship(name, field.name, null, false, false)];
}

function relationship(
  childSObject: string,
  field: string,
  relationshipName: string | null,
  cascadeDelete: boolean,
  restrictedDelete: boolean,
): Record<string, unknown> {
  return {
    cascadeDelete,
    childSObject,
    deprecatedAndHidden: false,
    field,
    junctionIdListNames: [],
    junctionReferenceTo: [],
    relationshipName,
    restrictedDelete,
  };
}

function bySortKey(left: Record<string, unknown>, right: Record<string, unknown>): number {
  return nameOf(left) < nameOf(right) ? -1 : 1;
}

function nameOf(child: Record<string, unknown>): string {
  return `${String(child['childSObject'])} ${String(child['field'])}`;
}

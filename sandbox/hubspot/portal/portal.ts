import type { AssociationLabel } from './association-types.ts';
import { OBJECT_TYPES, type TypeId } from './object-types.ts';
import type { Owner } from './owners.ts';
import type { Pipeline, Stage } from './pipelines.ts';
import { defaultGroup, standardProperties } from './property-catalogue.ts';
import type { Property } from './property.ts';

export interface PropertyGroup {
  name: string;
  label: string;
  displayOrder: number;
}

/** One object type's schema. */
export interface Schema {
  properties: Map<string, Property>;
  groups: Map<string, PropertyGroup>;
  /** Names of the unique-valued properties, kept apart because every write looks at them. */
  unique: string[];
}

/** A HubSpot account: what is configured in it, apart from its records. */
export interface Portal {
  portalId: number;
  accountType: 'STANDARD' | 'DEVELOPER_TEST' | 'SANDBOX';
  timeZone: string;
  companyCurrency: string;
  additionalCurrencies: string[];
  owners: Owner[];
  pipelines: Pipeline[];
  schemas: Record<TypeId, Schema>;
  /** Association labels somebody made, by either of their type ids. */
  labels: Map<number, AssociationLabel>;
  createdAt: string;
}

/** What differs from portal to portal. */
export type PortalSetup = Omit<Portal, 'schemas' | 'labels' | 'createdAt'>;

/** Creates a portal with HubSpot's standard properties and nothing else. */
export function createPortal(setup: PortalSetup, createdAt: string): Portal {
  const schemas = Object.fromEntries(OBJECT_TYPES.map(({ id }) => [id, standardSchema(id, createdAt)]));
  return { ...setup, createdAt, labels: new Map(), schemas: schemas as Record<TypeId, Schema> };
}

/** Adds or replaces a property. */
export function putProperty(portal: Portal, type: TypeId, property: Property): void {
  const schema = portal.schemas[type];
  schema.properties.set(property.name, property);
  schema.unique = uniqueNames(schema.properties);
}

/** The stage and its pipeline, or undefined when the pipeline has no such stage. */
export function findStage(portal: Portal, pipelineId: string, stageId: string): Stage | undefined {
  return portal.pipelines.find(({ id }) => id === pipelineId)?.stages.find(({ id }) => id === stageId);
}

export function isEnabledCurrency(portal: Portal, code: string): boolean {
  return code === portal.companyCurrency || portal.additionalCurrencies.includes(code);
}

function standardSchema(type: TypeId, at: string): Schema {
  const properties = standardProperties(type, at);
  const group = { name: defaultGroup(type), label: 'Standard information', displayOrder: 0 };
  return { properties, groups: new Map([[group.name, group]]), unique: uniqueNames(properties) };
}

function uniqueNames(properties: Map<string, Property>): string[] {
  return [...properties.values()]
    .filter((one) => one.hasUniqueValue && !one.archived)
    .map(({ name }) => name);
}

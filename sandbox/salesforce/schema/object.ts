import type { FieldDefinition } from './field.ts';

/** One object of the org, as data. */
export interface ObjectDefinition {
  name: string;
  label: string;
  labelPlural: string;
  /** First three characters of every record id. */
  keyPrefix: string;
  createable: boolean;
  updateable: boolean;
  deletable: boolean;
  undeletable: boolean;
  /** Changes are published as change events. */
  changeEvents: boolean;
  /** Writes are of no interest to an observer of the CRM: the platform keeps these rows itself. */
  internal: boolean;
  feedEnabled: boolean;
  mergeable: boolean;
  layoutable: boolean;
  searchable: boolean;
  triggerable: boolean;
  /** List filters beside "everything": `mine`, `team`. */
  scopes: readonly string[];
  /** Children that this org does not model, as `describe` lists them. */
  otherChildren: readonly OtherChild[];
  fields: FieldDefinition[];
}

/** A child relationship to an object that the sandbox does not have. */
export interface OtherChild {
  object: string;
  field: string;
  /** Null where SOQL cannot reach it. */
  relationship: string | null;
  cascade: boolean;
  restrict: boolean;
}

/** Defines an object; a full citizen unless said otherwise. */
export function object(
  name: string,
  label: string,
  labelPlural: string,
  keyPrefix: string,
  fields: FieldDefinition[],
  options: Partial<Omit<ObjectDefinition, 'name' | 'fields'>> = {},
): ObjectDefinition {
  return {
    name,
    label,
    labelPlural,
    keyPrefix,
    createable: true,
    updateable: true,
    deletable: true,
    undeletable: true,
    changeEvents: false,
    internal: false,
    feedEnabled: false,
    mergeable: false,
    layoutable: true,
    searchable: true,
    triggerable: true,
    scopes: [],
    otherChildren: [],
    fields,
    ...options,
  };
}

/** Rows the platform writes and clients only read. */
export const PLATFORM_ONLY = {
  createable: false,
  updateable: false,
  deletable: false,
  undeletable: false,
  internal: true,
  layoutable: false,
  searchable: false,
  triggerable: false,
} as const;

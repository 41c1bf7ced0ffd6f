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
  fields: FieldDefinition[];
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
} as const;

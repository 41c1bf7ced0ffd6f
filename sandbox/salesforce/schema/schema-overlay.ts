import { z } from 'zod';
import { describedObjectSchema, objectFromDescribe } from './object-from-describe.ts';
import type { ObjectDefinition } from './object.ts';
import { FORECAST_CATEGORIES } from './picklists.ts';

const stageSchema = z.strictObject({
  name: z.string(),
  probability: z.number().min(0).max(100),
  closed: z.boolean(),
  won: z.boolean(),
  active: z.boolean().default(true),
  forecastCategory: z.enum(FORECAST_CATEGORIES),
});

const overlaySchema = z.strictObject({
  /** Objects as an org's own `describe` shows them; each takes the place of the preset's object of that name. */
  describes: z.array(describedObjectSchema).optional(),
  /** Custom fields the org does not have, as `Object.Field__c`. */
  remove: z.array(z.string().regex(/^\w+\.\w+__c$/)).optional(),
  /** The org's stages, in order. What closes a deal is not in a describe: `SELECT … FROM OpportunityStage` tells it. */
  stages: z.array(stageSchema).min(1).optional(),
  /** Names of objects whose feature is off in a new org: `AccountTeamMember`, `Territory2`, `Territory2Model`, `Territory2Type`. */
  enable: z.array(z.string()).optional(),
});

/** What makes an org's schema another than its preset's. */
export type SchemaOverlay = z.infer<typeof overlaySchema>;

const given = z.union([
  describedObjectSchema.transform((one): SchemaOverlay => ({ describes: [one] })),
  z.array(describedObjectSchema).transform((describes): SchemaOverlay => ({ describes })),
  overlaySchema,
]);

/** Reads what `--schema` was given: one describe answer, an array of them, or an overlay. Throws, naming what is wrong. */
export function readOverlay(schema: unknown): SchemaOverlay {
  if (schema === undefined) return {};
  const read = given.safeParse(schema);
  if (read.success) return read.data;
  throw new Error(`the schema given is not understood: ${z.prettifyError(read.error)}`);
}

/** Applies an overlay. Throws when it removes a field that is not there. */
export function overlaid(objects: readonly ObjectDefinition[], overlay: SchemaOverlay): ObjectDefinition[] {
  const own = new Map((overlay.describes ?? []).map((one) => [one.name, one]));
  const merged = objects.map((object) => {
    const described = own.get(object.name);
    own.delete(object.name);
    return described === undefined ? object : objectFromDescribe(described, object);
  });
  for (const described of own.values()) merged.push(objectFromDescribe(described, undefined));
  for (const described of overlay.describes ?? []) nameChildren(merged, described);
  for (const path of overlay.remove ?? []) removeField(merged, path);
  return merged;
}

/** Children are told only by their parent's describe how SOQL calls them from there. */
function nameChildren(
  objects: readonly ObjectDefinition[],
  { childRelationships }: z.infer<typeof describedObjectSchema>,
): void {
  for (const { childSObject, field: fieldName, relationshipName } of childRelationships) {
    const child = relationshipName ? objects.find((one) => one.name === childSObject) : undefined;
    if (child === undefined || !relationshipName) continue;
    child.fields = child.fields.map((field) =>
      field.name === fieldName ? { ...field, childRelationshipName: relationshipName } : field,
    );
  }
}

function removeField(objects: readonly ObjectDefinition[], path: string): void {
  const [objectName, fieldName] = path.split('.');
  const object = objects.find((one) => one.name === objectName);
  if (object?.fields.some((field) => field.name === fieldName) !== true)
    throw new Error(`the org has no ${path} to remove`);
  object.fields = object.fields.filter((field) => field.name !== fieldName);
}

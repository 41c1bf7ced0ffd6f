import type { Sandbox } from '../sandbox.ts';
import type { ObjectDefinition } from '../schema/object.ts';

/** The objects of the org as they are defined now. */
export function definitionsOf(sandbox: Sandbox): ObjectDefinition[] {
  return sandbox.org.preset.schema.objects.map((type) => type.definition);
}

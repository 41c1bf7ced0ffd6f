import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldDefinition } from './field.ts';
import type { ObjectDefinition } from './object.ts';
import { parseObjects, type ParsedObjects } from './parse-objects.ts';

const FOLDER = join(import.meta.dirname, 'objects');

let loaded: ParsedObjects | undefined;

/** The standard objects of the data files, as copies whose field lists may be added to. The files are read once per process. */
export function loadObjects(): { objects: ObjectDefinition[]; fieldSets: Map<string, FieldDefinition[]> } {
  loaded ??= readFiles();
  return {
    objects: loaded.objects.map((one) => ({ ...one, fields: [...one.fields] })),
    fieldSets: loaded.fieldSets,
  };
}

function readFiles(): ParsedObjects {
  const all: ParsedObjects = { objects: [], fieldSets: new Map() };
  for (const file of readdirSync(FOLDER).sort()) {
    const { objects, fieldSets } = parseObjects(readFileSync(join(FOLDER, file), 'utf8'));
    all.objects.push(...objects);
    for (const [key, fields] of fieldSets) all.fieldSets.set(key, fields);
  }
  return all;
}

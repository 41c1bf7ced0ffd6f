import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { NeededApi } from './needed-apis.ts';

/** As much of an OpenAPI document as putting several into one needs to know. */
const specSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
export type Spec = z.infer<typeof specSchema>;

/** A spec that was found, and the API it is of. */
export interface FoundSpec {
  api: NeededApi;
  file: string;
  spec: Spec;
}

/**
 * Finds the needed specs in HubSpot's collection (`FOLDER/CRM/Deals/Rollouts/<number>/<version>/*.json`).
 * @throws Error that names every API without a spec.
 */
export function findSpecs(folder: string, needed: readonly NeededApi[]): FoundSpec[] {
  const found = needed.map((api) => ({ api, specs: specsOf(folder, api) }));
  const missing = found.filter(({ specs }) => specs.length === 0);
  if (missing.length > 0) {
    const names = missing.map(({ api }) => `${api.folder} ${api.version}`).join(', ');
    throw new Error(
      `no spec in ${folder} for: ${names}. --specs takes the folder PublicApiSpecs of HubSpot-public-api-spec-collection`,
    );
  }
  return found.flatMap(({ specs }) => specs);
}

/** Some versions were rolled out in parts or twice; the rollout that went on to the most versions comes first. */
function specsOf(folder: string, api: NeededApi): FoundSpec[] {
  const rollouts = join(folder, api.folder, 'Rollouts');
  return list(rollouts)
    .map((number) => ({ path: join(rollouts, number, api.version), versions: list(join(rollouts, number)) }))
    .filter(({ versions }) => versions.includes(api.version))
    .toSorted((left, right) => right.versions.length - left.versions.length)
    .flatMap(({ path }) => specsIn(path, api));
}

/** Collections for another tool lie beside some specs. */
function specsIn(path: string, api: NeededApi): FoundSpec[] {
  const files = list(path).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => {
    const file = join(path, name);
    const parsed = specSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? [{ api, file, spec: parsed.data }] : [];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

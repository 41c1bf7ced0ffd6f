import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { planSchema } from '../../src/commissions/plan-schema.ts';
import { envExample } from '../../src/platform/config/env-example.ts';
import { connectorRegistry } from './connector-registry.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A file that is written by `npm run generate` and never by hand. */
export interface GeneratedFile {
  /** Relative to the repository. */
  path: string;
  /** The whole content; the same on every machine. */
  content(): string | Promise<string>;
}

/** To generate a further file, add it here: it is then written, verified by `npm run check` and tested. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'connectors/registry.ts', content: async () => connectorRegistry(await foldersIn('connectors')) },
  { path: '.env.example', content: envExample },
  {
    path: 'docs/plan.schema.json',
    content: () => format(JSON.stringify(planSchema()), { parser: 'json', printWidth: 110 }),
  },
];

/** Folder names, sorted, so that the order never depends on the machine. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(repository, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

import { z } from 'zod';
import { listOf, optionalText, type Plain } from './plain.ts';

const packageShape = z.looseObject({
  types: listOf(z.looseObject({ members: listOf(z.string()), name: optionalText })),
  version: optionalText,
});

/** What a package.xml or destructiveChanges.xml names: members by type. `*` stands for all. */
export interface Manifest {
  types: { name: string; members: string[] }[];
  version: string | undefined;
}

/** Reads what a manifest names. */
export function readManifest(plain: Plain): Manifest {
  const { types, version } = packageShape.parse(plain);
  return { types: types.map(({ name = '', members }) => ({ name, members })), version };
}

/** Whether a manifest names a component, by itself or with all of its type. */
export function names(manifest: Manifest, type: string, fullName: string): boolean {
  const wanted = fullName.toLowerCase();
  return manifest.types.some(
    (one) =>
      one.name === type && one.members.some((member) => member === '*' || member.toLowerCase() === wanted),
  );
}

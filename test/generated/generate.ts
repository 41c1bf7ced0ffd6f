import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles, repository } from './files.ts';
import { staleFiles } from './stale-files.ts';

const stale = await staleFiles(repository, generatedFiles);
for (const { file, wanted } of stale) await writeFile(path.join(repository, file), wanted);
console.log(
  stale.length === 0
    ? 'Everything generated is up to date.'
    : `Wrote ${stale.map(({ file }) => file).join(', ')}.`,
);

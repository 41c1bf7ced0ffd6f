import { generatedFiles, repository } from './files.ts';
import { staleFiles } from './stale-files.ts';

const stale = await staleFiles(repository, generatedFiles);
for (const { file, line } of stale)
  console.error(`${file} differs from what would be generated, first in line ${line}.`);
if (stale.length > 0) console.error('Run "npm run generate" and commit the result.');
process.exitCode = stale.length === 0 ? 0 : 1;

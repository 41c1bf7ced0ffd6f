/**
 * Each test file loads its packages anew, hundreds of small files, and jest looks for each of them: more than most files
 * take for their tests. So the packages are put together once into a few files, made again when one changes.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { external, keepFilePlaces, requireOf } from '../../bin/compile.mjs';

/** What our sources import of packages with many files. One that is not listed is loaded as ever. */
const bundled = [
  '@fastify/swagger',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  'avsc',
  'bullmq',
  'fast-check',
  'fast-xml-parser',
  'fastify',
  'fastify-type-provider-zod',
  'ioredis',
  'jose',
  'jsforce',
  'jsforce/lib/api/streaming.js',
  'jsforce/lib/http-api.js',
  'jsforce/lib/soap.js',
  'knex',
  'nodemailer',
  'pg',
  'pino',
  'postal-mime',
  'selfsigned',
  'smtp-server',
  'tldts',
  'yaml',
  'zod',
];

/** @returns {Promise<string>} the folder with one `<package>.mjs` for each of them */
export async function bundlePackages(root) {
  // Copies of the tree that share the packages share what is made of them.
  const packages = await realpath(path.join(root, 'node_modules'));
  const own = ['test/services/bundle-packages.mjs', 'bin/compile.mjs'].map((file) => path.join(root, file));
  const described = await Promise.all(
    [path.join(root, 'package-lock.json'), ...own].map((file) => readFile(file)),
  );
  const name = createHash('sha256').update(described.join('\n')).digest('hex').slice(0, 16);
  const folder = path.join(packages, '.cache', 'tributary-tests', name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const entries = await Promise.all(bundled.map((each) => writeEntry(unfinished, each)));
  await bundle(packages, entries, unfinished);
  // Two runs may start at once: the first puts it in place, the other has made the same.
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  return folder;
}

/** Names the exports one by one: those of the older module format are known only when the package runs. */
async function writeEntry(folder, name) {
  const names = Object.keys(await import(name)).filter((each) => each !== 'default' && /^[\w$]+$/.test(each));
  const hasDefault = 'default' in (await import(name));
  const lines = [
    `import * as all from '${name}';`,
    ...names.map(
      (each, place) => `const export${place} = all.${each}; export { export${place} as ${each} };`,
    ),
    hasDefault ? 'export default all.default;' : '',
  ];
  const file = path.join(folder, `${fileNameOf(name)}.entry.mjs`);
  await writeFile(file, lines.join('\n'));
  return { in: file, out: fileNameOf(name) };
}

async function bundle(packages, entryPoints, folder) {
  await build({
    absWorkingDir: path.dirname(packages),
    entryPoints,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // One copy of each package, whoever imports it.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    nodePaths: [packages],
    external,
    banner: { js: requireOf(path.join(path.dirname(packages), 'package.json')) },
    logLevel: 'silent',
    plugins: [keepFilePlaces],
  });
}

function fileNameOf(name) {
  return name.replaceAll('/', '__');
}

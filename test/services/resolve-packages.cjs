/** jest's resolver: what our own files import of a bundled package comes out of the bundle (see bundle-packages.mjs). */
const { existsSync } = require('node:fs');
const path = require('node:path');

const known = new Map();

module.exports = (request, options) =>
  sharedFile(request, options) ?? bundledFile(request, options) ?? options.defaultResolver(request, options);

/** In the world of a test file; the environment itself loads the real one. */
function sharedFile(request, { basedir }) {
  const isShared = request === '@jetstreamapp/soql-parser-js' && !basedir.includes('node_modules');
  return isShared ? path.join(__dirname, 'shared-soql-parser.cjs') : undefined;
}

/** Undefined for what is required, not imported: the bundles are modules of the new format. */
function bundledFile(request, { basedir, conditions }) {
  const folder = process.env.TRIBUTARY_TEST_PACKAGES;
  if (folder === undefined || !conditions?.includes('import')) return undefined;
  if (!/^[@a-z]/.test(request) || basedir.includes('node_modules')) return undefined;
  if (!known.has(request)) {
    const file = path.join(folder, `${request.replaceAll('/', '__')}.mjs`);
    known.set(request, existsSync(file) ? file : undefined);
  }
  return known.get(request);
}

/**
 * The arrows of the design. Each rule here is proven to fire by test/architecture/arrows.test.ts; a rule without a seed
 * there fails that test.
 *
 *   app -> everything        api, cli, workers -> src/*        a domain -> crm, mapping, platform
 *   connectors/<vendor> -> crm, platform        sandbox -> platform        nothing but app -> the registry
 *
 * Type-only imports count: a type that crosses an arrow makes two parts change together just as a call does.
 */
const test = '\\.test\\.ts$';
const outsideProduct = ['^test/', '^bench/', test];
const ours = '^(src|connectors|mappings|workers|sandbox|migrations|console|test|bench)/';

/** Vendor SDKs and the one folder whose *client.ts may import each. */
const sdks = [
  { vendor: 'salesforce', packages: ['jsforce', '@jsforce', 'salesforce-pubsub-api-client'] },
  { vendor: 'hubspot', packages: ['@hubspot'] },
  { vendor: 'pipedrive', packages: ['pipedrive'] },
  { vendor: 'dataverse', packages: ['dynamics-web-api'] },
];

/** `from` may import of ours only what `allowed` names. */
function mayImportOnly(name, comment, from, allowed) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: test },
    to: { path: ours, pathNot: allowed },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    mayImportOnly(
      'platform-stands-alone',
      'src/platform is the ground: it knows nothing built on it.',
      '^src/platform/',
      ['^src/platform/'],
    ),
    mayImportOnly(
      'crm-needs-only-platform',
      'The port knows no mapping, no domain and no vendor.',
      '^src/crm/',
      ['^src/crm/', '^src/platform/'],
    ),
    mayImportOnly(
      'mapping-needs-only-crm-and-platform',
      'The mapping engine runs rows; it knows no domain.',
      '^src/mapping/',
      ['^src/mapping/', '^src/crm/', '^src/platform/'],
    ),
    mayImportOnly(
      'domains-are-islands',
      'A domain reaches another only through ports that src/app wires. Every folder of src not named here is a domain.',
      '^src/(?!(?:app|api|cli|crm|mapping|platform)/)([^/]+)/',
      ['^src/$1/', '^src/crm/', '^src/mapping/', '^src/platform/'],
    ),
    mayImportOnly(
      'api-needs-only-src',
      'The API parses, calls and renders; src/app gives it what it needs.',
      '^src/api/',
      ['^src/(?!app/|cli/)'],
    ),
    mayImportOnly(
      'cli-needs-only-src',
      'The CLI parses, calls and renders; src/app wires what it calls.',
      '^src/cli/',
      ['^src/'],
    ),
    mayImportOnly(
      'workers-need-only-src',
      'Workers reach connectors through the port of src/crm.',
      '^workers/',
      ['^workers/', '^src/(?!app/|api/|cli/)'],
    ),
    mayImportOnly(
      'connectors-are-islands',
      'Adding or removing a vendor touches one folder.',
      '^connectors/([^/]+)/',
      ['^connectors/$1/', '^src/crm/', '^src/platform/'],
    ),
    mayImportOnly(
      'registry-lists-definitions',
      'The registry is generated: definitions and nothing else.',
      '^connectors/registry\\.ts$',
      ['^connectors/[^/]+/definition\\.ts$'],
    ),
    mayImportOnly(
      'mappings-need-only-the-engine',
      'Mappings are data; what code lies beside them only checks them.',
      '^mappings/',
      ['^mappings/', '^src/(mapping|crm|platform)/'],
    ),
    mayImportOnly(
      'sandbox-needs-only-platform',
      'A local CRM that knew the connector could agree with its mistakes.',
      '^sandbox/',
      ['^sandbox/', '^src/platform/'],
    ),
    mayImportOnly(
      'migrations-stand-alone',
      'A migration must mean tomorrow what it meant when it was written.',
      '^migrations/',
      [],
    ),
    {
      name: 'only-app-imports-the-registry',
      comment:
        'src/app is the composition root; anything else that knew the registry would know every vendor.',
      severity: 'error',
      from: { pathNot: ['^src/app/', ...outsideProduct] },
      to: { path: '^connectors/registry\\.ts$' },
    },
    {
      name: 'a-connector-shows-only-its-definition',
      comment: 'Nothing of a vendor but its definition, through the registry, is visible to the product.',
      severity: 'error',
      from: { pathNot: ['^connectors/', ...outsideProduct] },
      to: { path: '^connectors/[^/]+/' },
    },
    {
      name: 'only-app-starts-the-sandbox',
      comment: 'The product talks to a CRM by HTTP and must not be able to tell a local one.',
      severity: 'error',
      from: { pathNot: ['^sandbox/', '^src/app/', ...outsideProduct] },
      to: { path: '^sandbox/' },
    },
    {
      name: 'product-imports-no-test',
      comment: 'Test code is free to fake and to kill; the product must run without it.',
      severity: 'error',
      from: { path: '^(src|connectors|mappings|workers|sandbox|migrations)/', pathNot: test },
      to: { path: outsideProduct },
    },
    ...sdks.map(({ vendor, packages }) => ({
      name: `sdk-of-${vendor}-only-in-its-client`,
      comment: `The SDK is imported in connectors/${vendor}/*client.ts, so that its habits are known and bounded in one place.`,
      severity: 'error',
      from: { pathNot: [`^connectors/${vendor}/[a-z-]*client\\.ts$`, ...outsideProduct] },
      to: { path: packages.map((name) => `node_modules/${name}/`) },
    })),
    {
      name: 'no-dev-dependency-in-the-product',
      comment: 'An installation without development packages must run.',
      severity: 'error',
      from: { path: '^(src|connectors|mappings|workers|sandbox|migrations)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one file, or lack the third that both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'A file that nothing imports and that imports nothing is dead or in the wrong place.',
      severity: 'error',
      from: { orphan: true, pathNot: [test, '^migrations/', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that cannot be resolved fails at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(coverage|\\.tributary)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types', 'require'],
    },
    // The client shipping in a child process is found by what it imports dynamically, too.
    moduleSystems: ['es6', 'cjs'],
  },
};

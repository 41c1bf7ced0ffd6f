/** A tiny tree in the shape of the repository. Each offence breaks one rule, everything else keeps them all. */

export interface Offence {
  rule: string;
  from: string;
  imports: string;
  /** Where the import ends up; `imports` resolved. */
  to: string;
  /** The import says `import type`. */
  typeOnly?: boolean;
}

/** Files that offend nobody; what they import shows that the arrows leave room for what the design allows. */
export const lawful: Readonly<Record<string, readonly string[]>> = {
  'src/platform/clock.ts': ['./free.ts'],
  'src/platform/free.ts': [],
  'src/crm/port.ts': ['../platform/clock.ts'],
  'src/mapping/rows.ts': ['../crm/port.ts', '../platform/clock.ts'],
  'src/deals/deal.ts': ['../mapping/rows.ts', '../crm/port.ts', '../platform/clock.ts'],
  'src/deals/deal.test.ts': [
    './deal.ts',
    '../../test/rig.ts',
    '../../connectors/registry.ts',
    '../mirror/lease.ts',
  ],
  'src/mirror/lease.ts': ['../platform/clock.ts'],
  'src/mirror/claim.ts': ['./lease.ts'],
  'src/api/routes.ts': ['../deals/deal.ts', '../platform/clock.ts'],
  'src/cli/main.ts': ['../app/wire.ts', '../deals/deal.ts'],
  'src/app/wire.ts': [
    '../../connectors/registry.ts',
    '../../workers/drain.ts',
    '../../sandbox/salesforce/start.ts',
    '../api/routes.ts',
    '../mirror/claim.ts',
  ],
  'workers/drain.ts': ['./decide.ts', '../src/mirror/claim.ts'],
  'workers/decide.ts': ['../src/crm/port.ts'],
  'connectors/registry.ts': ['./salesforce/definition.ts', './hubspot/definition.ts'],
  'connectors/salesforce/definition.ts': ['../../src/crm/port.ts', './client.ts', './listen-client.ts'],
  'connectors/salesforce/client.ts': ['jsforce', '../../src/platform/clock.ts'],
  'connectors/salesforce/listen-client.ts': ['salesforce-pubsub-api-client'],
  'connectors/salesforce/push.test.ts': ['jsforce', '../../sandbox/salesforce/start.ts', './client.ts'],
  'connectors/hubspot/definition.ts': ['./client.ts'],
  'connectors/hubspot/client.ts': ['@hubspot/api-client'],
  'mappings/salesforce/mapping.test.ts': ['../../src/mapping/rows.ts'],
  'sandbox/salesforce/start.ts': ['../../src/platform/free.ts', '../faults/engine.ts'],
  'sandbox/faults/engine.ts': ['../../src/platform/clock.ts'],
  'sandbox/salesforce/start.test.ts': ['./start.ts', 'jsforce'],
  'migrations/1_first.ts': ['knex'],
  'test/rig.ts': [
    '../connectors/registry.ts',
    'jsforce',
    '../sandbox/salesforce/start.ts',
    '../src/app/wire.ts',
  ],
};

export const packages = [
  'jsforce',
  'salesforce-pubsub-api-client',
  '@hubspot/api-client',
  'pipedrive',
  'dynamics-web-api',
  'knex',
  'jest',
];
export const devPackages = ['jest'];

export const offences: readonly Offence[] = [
  offence('platform-stands-alone', 'src/platform/reaches-up.ts', '../crm/port.ts', 'src/crm/port.ts'),
  offence(
    'platform-stands-alone',
    'src/platform/reaches-up-for-a-type.ts',
    '../deals/deal.ts',
    'src/deals/deal.ts',
    true,
  ),
  offence('crm-needs-only-platform', 'src/crm/knows-mapping.ts', '../mapping/rows.ts', 'src/mapping/rows.ts'),
  offence(
    'mapping-needs-only-crm-and-platform',
    'src/mapping/knows-mirror.ts',
    '../mirror/lease.ts',
    'src/mirror/lease.ts',
  ),
  offence('domains-are-islands', 'src/deals/knows-mirror.ts', '../mirror/lease.ts', 'src/mirror/lease.ts'),
  offence(
    'domains-are-islands',
    'src/payouts/knows-a-type.ts',
    '../deals/deal.ts',
    'src/deals/deal.ts',
    true,
  ),
  offence('domains-are-islands', 'src/a-new-domain/knows-app.ts', '../app/wire.ts', 'src/app/wire.ts'),
  offence('api-needs-only-src', 'src/api/runs-work.ts', '../../workers/decide.ts', 'workers/decide.ts'),
  offence('api-needs-only-src', 'src/api/wires.ts', '../app/wire.ts', 'src/app/wire.ts'),
  offence('cli-needs-only-src', 'src/cli/runs-work.ts', '../../workers/decide.ts', 'workers/decide.ts'),
  offence('workers-need-only-src', 'workers/wires.ts', '../src/app/wire.ts', 'src/app/wire.ts'),
  offence(
    'connectors-are-islands',
    'connectors/hubspot/knows-another.ts',
    '../salesforce/client.ts',
    'connectors/salesforce/client.ts',
  ),
  offence(
    'connectors-are-islands',
    'connectors/hubspot/knows-mapping.ts',
    '../../src/mapping/rows.ts',
    'src/mapping/rows.ts',
  ),
  offence(
    'mappings-need-only-the-engine',
    'mappings/hubspot/knows-deals.ts',
    '../../src/deals/deal.ts',
    'src/deals/deal.ts',
  ),
  offence(
    'sandbox-needs-only-platform',
    'sandbox/hubspot/knows-the-port.ts',
    '../../src/crm/port.ts',
    'src/crm/port.ts',
  ),
  offence(
    'migrations-stand-alone',
    'migrations/2_second.ts',
    '../src/platform/clock.ts',
    'src/platform/clock.ts',
  ),
  offence('product-imports-no-test', 'src/app/uses-a-rig.ts', '../../test/leaf.ts', 'test/leaf.ts'),
  offence(
    'sdk-of-salesforce-only-in-its-client',
    'connectors/salesforce/push.ts',
    'jsforce',
    'node_modules/jsforce/index.js',
  ),
  offence(
    'sdk-of-salesforce-only-in-its-client',
    'connectors/salesforce/types.ts',
    'jsforce',
    'node_modules/jsforce/index.js',
    true,
  ),
  offence(
    'sdk-of-salesforce-only-in-its-client',
    'connectors/hubspot/other-client.ts',
    'jsforce',
    'node_modules/jsforce/index.js',
  ),
  offence(
    'sdk-of-hubspot-only-in-its-client',
    'src/platform/calls-hubspot.ts',
    '@hubspot/api-client',
    'node_modules/@hubspot/api-client/index.js',
  ),
  offence(
    'sdk-of-pipedrive-only-in-its-client',
    'workers/calls-pipedrive.ts',
    'pipedrive',
    'node_modules/pipedrive/index.js',
  ),
  offence(
    'sdk-of-dataverse-only-in-its-client',
    'sandbox/calls-dataverse.ts',
    'dynamics-web-api',
    'node_modules/dynamics-web-api/index.js',
  ),
  offence('no-dev-dependency-in-the-product', 'src/deals/uses-jest.ts', 'jest', 'node_modules/jest/index.js'),
  offence('no-unresolvable', 'src/deals/imports-nothing.ts', './is-not-there.ts', './is-not-there.ts'),
];

/** Imports that break two rules at once, because two walls stand there. */
export const doubleOffences: readonly (Omit<Offence, 'rule'> & { rules: readonly string[] })[] = [
  {
    rules: ['only-app-imports-the-registry', 'workers-need-only-src'],
    from: 'workers/knows-every-vendor.ts',
    imports: '../connectors/registry.ts',
    to: 'connectors/registry.ts',
  },
  {
    rules: ['a-connector-shows-only-its-definition', 'workers-need-only-src'],
    from: 'workers/knows-salesforce.ts',
    imports: '../connectors/salesforce/client.ts',
    to: 'connectors/salesforce/client.ts',
  },
  {
    rules: ['only-app-starts-the-sandbox', 'cli-needs-only-src'],
    from: 'src/cli/starts-a-crm.ts',
    imports: '../../sandbox/salesforce/start.ts',
    to: 'sandbox/salesforce/start.ts',
  },
  {
    rules: ['registry-lists-definitions'],
    from: 'connectors/registry.ts',
    imports: './salesforce/client.ts',
    to: 'connectors/salesforce/client.ts',
  },
];

/** Two files that need each other, the second only for a type; and one that nobody needs. */
export const cycle = ['src/mirror/hen.ts', 'src/mirror/egg.ts'] as const;
export const orphan = 'src/mirror/alone.ts';

function offence(rule: string, from: string, imports: string, to: string, typeOnly = false): Offence {
  return { rule, from, imports, to, typeOnly };
}

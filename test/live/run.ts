/**
 * `npm run test:live -- salesforce --org 00D…`: plays a deal's life in the org that the environment's credentials open, removes
 * what it made, and prints what was otherwise than in the local Salesforce. Never runs by itself.
 */
import { parseArgs } from 'node:util';
import { configuredConnections } from '../../src/app/connect-crms.ts';
import { startSalesforceSandbox } from '../../sandbox/salesforce/start.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { differences } from './compare-stories.ts';
import { openLive, type OpenedOrg } from './open-live.ts';
import { playStory, type Seen } from './story.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { org: { type: 'string' }, production: { type: 'boolean', default: false } },
});

async function playHere(): Promise<Seen[]> {
  const sandbox = await startSalesforceSandbox({ port: 0 });
  try {
    const { clientId, username, privateKey } = sandbox.credentials;
    const settings = { loginUrl: sandbox.url, pubsubEndpoint: sandbox.pubsubEndpoint, sandbox: true };
    const { connector, remove } = openLive(settings, { kind: 'jwt', clientId, username, privateKey });
    return await playStory(connector, remove);
  } finally {
    await sandbox.close();
  }
}

/** Refuses any org but the one named, and a production org unless that is said, too. */
async function openNamed(org: string | undefined): Promise<OpenedOrg> {
  const configured = configuredConnections(loadConfig(process.env)).find(
    ({ vendor }) => vendor === 'salesforce',
  );
  if (!configured)
    throw new Error(
      'No Salesforce is configured: set SALESFORCE_* as docs/salesforce.md says. Nothing was done.',
    );
  if (org === undefined || org !== configured.accountId)
    throw new Error(`Name the org you mean: --org ${String(configured.accountId)}. Nothing was done.`);
  const opened = openLive(configured.settings, configured.credentials);
  const identity = await opened.connector.identify({ deadline: Date.now() + 60_000 });
  if (identity.accountId !== org)
    throw new Error(`The credentials open ${identity.accountId}, not ${org}. Nothing was done.`);
  if (identity.production && !values.production)
    throw new Error(
      `${identity.name} is a production org. Use a sandbox org, or add --production. Nothing was done.`,
    );
  return opened;
}

try {
  if (positionals[0] !== 'salesforce')
    throw new Error('Say which CRM: npm run test:live -- salesforce --org 00D…');
  const { connector, remove } = await openNamed(values.org);
  const [here, there] = [await playHere(), await playStory(connector, remove)];
  for (const { step, result } of there) console.log(`${step}: ${result}`);
  const differing = differences(here, there);
  console.log(
    differing.length === 0
      ? '\nNothing was otherwise than in the local Salesforce.'
      : `\nOtherwise than in the local Salesforce:`,
  );
  for (const line of differing) console.log(`  ${line}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

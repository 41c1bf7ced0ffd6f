/**
 * `npm run test:live -- salesforce --org 00D…` or `npm run test:live -- hubspot --portal 12345678`: plays a deal's life in the
 * org or portal that the environment's credentials open, removes what it made, and prints what was otherwise than in the
 * local CRM. Never runs by itself.
 */
import { parseArgs } from 'node:util';
import { configuredConnections } from '../../src/app/connect-crms.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { differences } from './compare-stories.ts';
import { liveCrms, type LiveCrm } from './live-crms.ts';
import type { OpenedCrm } from './open-live.ts';
import { playStory } from './story.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    org: { type: 'string' },
    portal: { type: 'string' },
    production: { type: 'boolean', default: false },
  },
});

/** Refuses any org or portal but the one named, and a production one unless that is said, too. */
async function openNamed({ words, named, open }: LiveCrm): Promise<OpenedCrm> {
  const configured = configuredConnections(loadConfig(process.env)).find(
    ({ vendor }) => vendor === words.vendor,
  );
  if (!configured)
    throw new Error(
      `No ${words.label} is configured: set ${words.vendor.toUpperCase()}_* as the guide in docs/ says. Nothing was done.`,
    );
  const wanted = values[named];
  if (wanted === undefined || wanted !== configured.accountId)
    throw new Error(
      `Name the ${named} you mean: --${named} ${String(configured.accountId)}. Nothing was done.`,
    );
  const opened = open(configured.settings, configured.credentials);
  const identity = await opened.connector.identify({ deadline: Date.now() + 60_000 });
  if (identity.accountId !== wanted)
    throw new Error(`The credentials open ${identity.accountId}, not ${wanted}. Nothing was done.`);
  if (identity.production && !values.production)
    throw new Error(
      `${identity.name} is a production ${named}. Use a test one, or add --production. Nothing was done.`,
    );
  return opened;
}

try {
  const crm = liveCrms.find(({ words }) => words.vendor === positionals[0]);
  if (!crm)
    throw new Error(
      'Say which CRM: npm run test:live -- salesforce --org 00D…, or npm run test:live -- hubspot --portal 12345678',
    );
  const { connector, remove } = await openNamed(crm);
  const here = await crm.local((local) => playStory(local.connector, local.remove, crm.words));
  const there = await playStory(connector, remove, crm.words);
  await connector.close();
  for (const { step, result } of there) console.log(`${step}: ${result}`);
  const { label } = crm.words;
  const differing = differences(here, there, label);
  console.log(
    differing.length === 0
      ? `\nNothing was otherwise than in the local ${label}.`
      : `\nOtherwise than in the local ${label}:`,
  );
  for (const line of differing) console.log(`  ${line}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

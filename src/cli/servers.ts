import path from 'node:path';
import type { Command } from 'commander';
import { loadConfig, type Config } from '../platform/config/config.ts';
import type { RunningServers, Servers } from '../app/run-servers.ts';
import { processOutput } from './output.ts';
import { untilInterrupted } from './until-interrupted.ts';

export function addServerCommands(program: Command): void {
  program
    .command('start')
    .description(
      'everything in one process; embedded PostgreSQL and local CRMs unless services and credentials are set',
    )
    .action(() => run({ http: true, workers: true, localCrms: true }, true));
  program
    .command('serve')
    .description('the HTTP side: API, webhooks, console')
    .action(() => run({ http: true, workers: false, localCrms: false }, false));
  program
    .command('work')
    .description('the workers; run as many processes as you like')
    .action(() => run({ http: false, workers: true, localCrms: false }, false));
}

async function run(wanted: Servers, quiet: boolean): Promise<void> {
  const config = loadConfig(
    quiet
      ? {
          ...process.env,
          TRIBUTARY_LOG_LEVEL: process.env['TRIBUTARY_LOG_LEVEL'] ?? 'warn',
          ...rehearsalDefaults(),
        }
      : process.env,
  );
  // Heard from the first moment on: loading takes a second, and a signal meanwhile must end us cleanly, too.
  const interrupted = untilInterrupted();
  const { runServers } = await import('../app/run-servers.ts');
  const servers = await runServers(config, wanted);
  announce(servers, config);
  await interrupted;
  processOutput(false).note('Stopping: finishing what is in hand…');
  await servers.close();
  process.stderr.write('Stopped.\n');
}

/** With no credentials set there is only the sandbox: a payout need not wait a day to be seen. */
function rehearsalDefaults(): Record<string, string> {
  const real = process.env['SALESFORCE_CLIENT_ID'] ?? process.env['HUBSPOT_PORTAL_ID'];
  if (real) return {};
  const wish = (name: string, value: string): Record<string, string> =>
    process.env[name] ? {} : { [name]: value };
  return {
    ...wish('TRIBUTARY_SETTLE_SECONDS', '5'),
    ...wish('TRIBUTARY_POLL_SECONDS', '10'),
    ...wish('TRIBUTARY_POLL_OVERLAP_SECONDS', '30'),
    ...wish('TRIBUTARY_POLL_LAG_SECONDS', '2'),
  };
}

function announce({ url, apiKeys, crms }: RunningServers, config: Config): void {
  const output = processOutput(false);
  if (url) output.out(`Tributary is running: ${url}`);
  else output.out('The workers are running.');
  // A key of a real installation is not printed: what a terminal shows is kept in many places.
  if (url && !crms && config.apiKeys.length === 0)
    output.out(`  API key            in ${path.join(config.dataDir, 'secrets.json')}`);
  if (!crms) return;
  output.out(`  local Salesforce   ${crms.salesforce?.adminUrl ?? '-'}`);
  output.out(`  local HubSpot      ${crms.hubspot?.adminUrl ?? '-'}`);
  output.out(`  API key            ${apiKeys[0]?.key ?? '-'}`);
  output.out(
    'An invented partner programme is under way on two local CRMs. Nothing leaves this machine. Stop with Ctrl-C; the data stays.',
  );
}

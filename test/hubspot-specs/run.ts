/**
 * Holds the local HubSpot and the real connector against HubSpot's official OpenAPI specs, which are not ours to keep:
 * `npm run check:hubspot-specs -- --specs FOLDER [--version v3|2026-03]`, FOLDER being `PublicApiSpecs` of
 * HubSpot-public-api-spec-collection. A validating proxy (fetched by npm) stands between client and sandbox and judges
 * every request and every answer. `--replay FILE.jsonl` instead replays recorded traffic against the sandbox (one
 * `{request: {method, path, query, headers, body}, response: {status, headers, body}}` a line). Ends with 1 when a violation is left, with 2 when the check could not run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { combineSpecs } from './combine-specs.ts';
import { describedBy } from './described-paths.ts';
import { driveConnector } from './drive-connector.ts';
import { driveObjects } from './drive-objects.ts';
import { driveSettings } from './drive-settings.ts';
import { driveWebhooks } from './drive-webhooks.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { findSpecs } from './find-specs.ts';
import { judge } from './judge.ts';
import { neededApis, VERSIONS, type ApiVersion } from './needed-apis.ts';
import { openPortal } from './portal.ts';
import { startPrism } from './prism.ts';
import { printVerdict } from './report.ts';
import { replayFile } from './replay-file.ts';
import { startTap, type TappedExchange } from './tap.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { specs: { type: 'string' }, version: { type: 'string' }, replay: { type: 'string' } },
  });
  if (values.replay !== undefined) return (await replayFile(values.replay)) ? 0 : 1;
  const versions = VERSIONS.filter((one) => values.version === undefined || one === values.version);
  if (values.specs === undefined || versions.length === 0) {
    console.error(
      `usage: npm run check:hubspot-specs -- --specs FOLDER [--version ${VERSIONS.join('|')}] | --replay FILE.jsonl`,
    );
    return 2;
  }
  const combined = combineSpecs(findSpecs(values.specs, neededApis()));
  const exchanges = await converse(JSON.stringify(combined), versions);
  return printVerdict(judge(exchanges, EXCEPTIONS, describedBy(combined.paths)), exchanges.length) ? 0 : 1;
}

/** All that connector and plain clients say to the sandbox, with what the proxy thinks of it. */
async function converse(document: string, versions: readonly ApiVersion[]): Promise<TappedExchange[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-hubspot-specs-'));
  const file = join(folder, 'hubspot.json');
  writeFileSync(file, document);
  const sandbox = await startHubspotSandbox({ port: 0, searchLagMs: 0, rateLimit: 'off' });
  const prism = await startPrism(file, sandbox.url);
  const tap = await startTap(prism.url);
  try {
    const portal = openPortal(sandbox, tap.url);
    for (const version of versions) {
      await driveConnector(portal, version);
      await driveSettings(portal, version);
      await driveObjects(portal, version);
      await driveWebhooks(portal, version);
    }
    return tap.exchanges;
  } finally {
    await tap.close();
    prism.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});

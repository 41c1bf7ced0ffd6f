import { adminOf } from '../metadata/tooling/tooling-access.ts';
import { usedStorageMb } from '../rules/storage.ts';
import type { ApiRequest, Reply } from './request.ts';

/** `GET /services/data/vXX`: where things are. */
export function listResources(request: ApiRequest): Reply {
  const base = `/services/data/v${request.version}`;
  const names = [
    'sobjects',
    'query',
    'queryAll',
    'search',
    'parameterizedSearch',
    'recent',
    'tabs',
    'theme',
    'quickActions',
    'limits',
    'composite',
    'jobs',
  ];
  const body = {
    ...Object.fromEntries(names.map((name) => [name, `${base}/${name}`])),
    identity: identityUrl(request),
  };
  return { status: 200, body, records: 0 };
}

/**
 * `GET /limits`: what is enforced here, and some figures that stand still. Only for users with "View Setup and
 * Configuration" (source: the vendor's page on the resource; the code of the refusal is not published).
 */
export function readLimits(request: ApiRequest): Reply {
  const sandbox = adminOf(request, 'ViewSetup');
  const { limits, bulk, settings } = sandbox;
  const { bulkDailyBatches: maxBatches, dataStorageMb } = settings.current;
  const max = limits.max();
  const body = {
    DailyApiRequests: { Max: max, Remaining: Math.max(0, max - limits.used()) },
    DailyAsyncApexExecutions: { Max: 250_000, Remaining: 250_000 },
    DailyBulkApiBatches: { Max: maxBatches, Remaining: Math.max(0, maxBatches - bulk.batchesToday()) },
    DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 },
    DailyDeliveredPlatformEvents: sandbox.allowance.state(),
    DataStorageMB: { Max: dataStorageMb, Remaining: Math.max(0, dataStorageMb - usedStorageMb(sandbox.org)) },
    FileStorageMB: { Max: 20_480, Remaining: 20_480 },
    HourlyTimeBasedWorkflow: { Max: 1000, Remaining: 1000 },
  };
  return { status: 200, body, records: 0 };
}

function identityUrl(request: ApiRequest): string {
  const { url, credentials } = request.sandbox;
  return `${url}/id/${credentials.organizationId}/${request.actor.userId}`;
}

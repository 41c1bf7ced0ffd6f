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

/** `GET /limits` */
export function readLimits(request: ApiRequest): Reply {
  const { limits, bulk, settings } = request.sandbox;
  const maxBatches = settings.current.bulkDailyBatches;
  const max = limits.max();
  const body = {
    DailyApiRequests: { Max: max, Remaining: Math.max(0, max - limits.used()) },
    DailyAsyncApexExecutions: { Max: 250_000, Remaining: 250_000 },
    DailyBulkApiBatches: { Max: maxBatches, Remaining: Math.max(0, maxBatches - bulk.batchesToday()) },
    DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 },
    DailyDeliveredPlatformEvents: { Max: 50_000, Remaining: 50_000 },
    DataStorageMB: { Max: STORAGE_MB, Remaining: Math.max(0, STORAGE_MB - usedStorageMb(request)) },
    FileStorageMB: { Max: 20_480, Remaining: 20_480 },
    HourlyTimeBasedWorkflow: { Max: 1000, Remaining: 1000 },
  };
  return { status: 200, body, records: 0 };
}

const STORAGE_MB = 10_240;
const RECORDS_PER_MB = 512;

/** The vendor charges two kilobytes for a record, whatever it holds. */
function usedStorageMb({ sandbox: { org } }: ApiRequest): number {
  let records = 0;
  for (const type of org.preset.schema.objects)
    if (!type.definition.internal) records += org.table(type.name).liveCount();
  return Math.ceil(records / RECORDS_PER_MB);
}

function identityUrl(request: ApiRequest): string {
  const { url, credentials } = request.sandbox;
  return `${url}/id/${credentials.organizationId}/${request.actor.userId}`;
}

import { fileURLToPath } from 'node:url';
import { BareResult, type BareJob } from './bare-job.ts';
import type { CallsByEndpoint, CrmUnderTest } from './crm-under-test.ts';
import { startMeasured } from './measured-process.ts';

const script = fileURLToPath(new URL('./bare-loop.ts', import.meta.url));

export interface BareMeasured extends BareResult {
  calls: CallsByEndpoint;
  /** Records it made, by object. */
  made: Record<string, number>;
}

export type BareSettings = Pick<BareJob, 'firstDeal' | 'deals' | 'inFlight' | 'stage' | 'pipeline'>;

export async function measureBare(crm: CrmUnderTest, settings: BareSettings): Promise<BareMeasured> {
  const job: BareJob = {
    ...settings,
    vendor: crm.vendor,
    url: crm.apiUrl,
    accessToken: crm.accessToken,
    partnerAccounts: crm.partnerAccounts,
  };
  const before = await crm.counts();
  await crm.forgetCalls();
  const process = startMeasured(script, [], { BENCH_BARE_JOB: JSON.stringify(job) });
  try {
    const result = BareResult.parse(JSON.parse(await process.line()));
    return { ...result, calls: await crm.calls(), made: difference(before, await crm.counts()) };
  } finally {
    await process.stop();
  }
}

export function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([object, count]) => [object, count - (before[object] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}

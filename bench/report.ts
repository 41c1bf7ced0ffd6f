import type { CallsByEndpoint } from './crm-under-test.ts';
import type { Vendor } from './options.ts';
import type { Measured } from './run-case.ts';

/** Writes of the deals themselves: the endpoint, and how many one call takes. */
const dealWrites: Record<Vendor, { endpoint: RegExp; batch: number }> = {
  salesforce: { endpoint: /^PATCH .*composite\/sobjects(\/Opportunity\b|$)/, batch: 200 },
  hubspot: { endpoint: /^POST .*objects\/deals\/batch\/(upsert|create|update)/, batch: 100 },
};
const ALLOWED = 1.05;

export interface CaseReport {
  crm: Vendor;
  latencyMs: number;
  queue: string;
  deals: number;
  slots: number;
  /** Tributary's time as a multiple of the bare loop's. */
  timeRatio: number;
  timeRatioWithStart: number;
  cpuRatio: number;
  dealWriteCallsPerMinimum: number;
  dealWriteCallsOk: boolean;
  sameRecords: boolean;
  dealsPerSecond: { tributary: number; bare: number };
  seconds: { tributary: number; bare: number; workerStart: number; untilReadBack: number };
  cpuSeconds: { tributary: number; bare: number };
  callsPer1000: {
    tributary: Record<string, number>;
    readingBack: Record<string, number>;
    bare: Record<string, number>;
  };
  made: { tributary: Record<string, number>; bare: Record<string, number> };
}

export function reportOf(measured: Measured): CaseReport {
  const { crm, latencyMs, queue, deals, slots, engine, bare } = measured;
  const minimum = Math.ceil(deals / dealWrites[crm].batch);
  const writes = callsMatching(engine.calls, dealWrites[crm].endpoint);
  const per1000 = (calls: CallsByEndpoint): Record<string, number> =>
    Object.fromEntries(
      Object.entries(calls).map(([endpoint, total]) => [endpoint, round((total.calls * 1000) / deals)]),
    );
  return {
    crm,
    latencyMs,
    queue,
    deals,
    slots,
    timeRatio: round(engine.seconds / bare.seconds),
    timeRatioWithStart: round((engine.seconds + engine.startSeconds) / bare.seconds),
    cpuRatio: round(engine.cpuSeconds / bare.cpuSeconds),
    dealWriteCallsPerMinimum: round(writes / minimum),
    dealWriteCallsOk: writes > 0 && writes <= minimum * ALLOWED,
    sameRecords: JSON.stringify(sorted(engine.made)) === JSON.stringify(sorted(bare.made)),
    dealsPerSecond: {
      tributary: Math.round(deals / engine.seconds),
      bare: Math.round(deals / bare.seconds),
    },
    seconds: {
      tributary: round(engine.seconds),
      bare: round(bare.seconds),
      workerStart: round(engine.startSeconds),
      untilReadBack: round(engine.observedSeconds),
    },
    cpuSeconds: { tributary: round(engine.cpuSeconds), bare: round(bare.cpuSeconds) },
    callsPer1000: {
      tributary: per1000(engine.calls),
      readingBack: per1000(laterCalls(engine.calls, engine.callsUntilObserved)),
      bare: per1000(bare.calls),
    },
    made: { tributary: engine.made, bare: bare.made },
  };
}

function callsMatching(calls: CallsByEndpoint, endpoint: RegExp): number {
  return Object.entries(calls).reduce(
    (sum, [name, total]) => sum + (endpoint.test(name) ? total.calls : 0),
    0,
  );
}

function laterCalls(until: CallsByEndpoint, all: CallsByEndpoint): CallsByEndpoint {
  return Object.fromEntries(
    Object.entries(all).flatMap(([endpoint, total]) => {
      const calls = total.calls - (until[endpoint]?.calls ?? 0);
      return calls > 0 ? [[endpoint, { ...total, calls }]] : [];
    }),
  );
}

function sorted(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

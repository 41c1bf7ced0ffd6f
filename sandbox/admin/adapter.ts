import type { FaultEngine } from '../faults/engine.ts';
import type { FaultPreset } from '../faults/preset.ts';
import type { RequestLog } from '../journal/request-log.ts';
import type { WriteLog } from '../journal/write-log.ts';
import type { AdminRoute } from './route.ts';
import type { SandboxClock } from './sandbox-clock.ts';

/** A record with all its fields, as the CRM's own API would name them. */
export type AdminRecord = Record<string, unknown>;

/**
 * Something a rep does in the CRM's own pages. `object` defaults to the vendor's opportunity or deal.
 * `id` is left out when a record is created; a merge keeps the record named by `into`.
 */
export interface Play {
  action:
    'win' | 'lose' | 'reopen' | 'stage' | 'create' | 'update' | 'delete' | 'undelete' | 'merge' | 'convert';
  id?: string | undefined;
  object?: string | undefined;
  fields?: Record<string, unknown> | undefined;
  stage?: string | undefined;
  into?: string | undefined;
}

/** One line of the sandbox's page. */
export interface DealRow {
  id: string;
  name: string;
  account: string;
  /** The partner who brought it, '' when nobody did. */
  sourcedBy: string;
  stage: string;
  amount: string;
  closed: boolean;
}

/** What a vendor's sandbox gives the admin port. */
export interface SandboxAdapter {
  vendor: string;
  url: string;
  clock: SandboxClock;
  writes: WriteLog;
  requests: RequestLog;
  faults: FaultEngine;
  /** Named fault rules for `POST /faults/preset/:name`; `storm` at least. */
  faultPresets: Readonly<Record<string, FaultPreset>>;
  counts(): Record<string, number>;
  /** Live records, oldest first; throws {@link AdminError} 404 for an unknown object. */
  records(object: string, page: { limit: number; offset: number }): AdminRecord[];
  record(object: string, id: string): AdminRecord | undefined;
  /** Writes records with origin `seed`; fires no notification. Throws {@link AdminError} 400 on a bad field. */
  seed(object: string, records: AdminRecord[]): string[];
  /** Carries out one play; throws {@link AdminError} 400 or 404. Returns the record afterwards. */
  play(play: Play): AdminRecord | undefined;
  /** Milliseconds added to every API answer. */
  setLatency(ms: number): void;
  revokeTokens(): void;
  /** The newest deals, newest first, for the page. */
  deals(limit: number): DealRow[];
  /** Vendor-only routes, by `METHOD /path`. A mere function gets the body, parsed JSON. */
  routes?: Readonly<Record<string, AdminRoute | ((body: unknown) => unknown)>>;
}

export { AdminError } from './admin-error.ts';

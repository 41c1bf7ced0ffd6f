/** Turns a meaning and what the answer said into a SyncError; used by errors.ts and login-errors.ts only. */
import { SyncError, type SyncErrorDetails, type SyncStage } from '../../src/crm/sync-error.ts';
import { schemaCodes, type Meaning } from './error-codes.ts';

const vendor = 'salesforce';

/** What a call was for; decides what silence means. */
export interface Purpose {
  stage: SyncStage;
  /** The call changes records, so a missing answer leaves it open whether it did. */
  write: boolean;
}

/** An HTTP answer, read completely. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Parsed JSON where it was JSON, else the text. */
  body: unknown;
}

export function build(
  meaning: Meaning,
  purpose: Purpose,
  extra: Partial<SyncErrorDetails>,
  words = '',
): SyncError {
  const named = extra.fields === undefined ? '' : ` (${extra.fields.join(', ')})`;
  return new SyncError({
    ...extra,
    kind: meaning.kind,
    stage: purpose.stage,
    vendor,
    plain: `${meaning.plain}${named}${words}`,
    ...(meaning.nextStep === undefined ? {} : { nextStep: meaning.nextStep }),
    ...(schemaCodes.has(extra.vendorCode ?? '') ? { schemaSuspect: true } : {}),
    ...(meaning.spreads ? { spreads: true } : {}),
    ...(meaning.bulkOnly ? { bulkOnly: true } : {}),
  });
}

/** Seconds or an HTTP date. */
export function retryAfter(answer: Answer): { retryAfterMs?: number } {
  const header = answer.headers['retry-after'];
  if (header === undefined) return {};
  const ms = /^\d+$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - Date.parse(answer.headers['date'] ?? '');
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}

/** Vendor texts may quote what we sent; session ids (`00D…!…`) and form secrets never leave this file. */
export function clean(text: string): string {
  return text
    .replace(/00D[A-Za-z0-9]{12,15}![\w.]+/g, '[session]')
    .replace(
      /\b(assertion|access_token|refresh_token|client_secret|oauth_token|code|code_verifier)=[^&\s]+/g,
      '$1=[secret]',
    )
    .slice(0, 500);
}

import type { FaultPreset } from '../../faults/preset.ts';
import type { Fault, FaultRule } from '../../faults/rules.ts';
import { STORM, stormRules } from '../../faults/storm.ts';
import { ERROR_CODES, type ErrorCode } from '../rest/error-codes.ts';

const API = '^/services/(data|Soap|async)/';
const LOGIN = '^/services/oauth2/token';
const EVERYWHERE = '^/';
const QUERIES = '/query';
const TEN_MINUTES = 600_000;
const LONG_REQUESTS = {
  status: 403,
  code: 'REQUEST_LIMIT_EXCEEDED',
  message: 'ConcurrentPerOrgLongTxn Limit exceeded.',
};
const LOCKED = {
  code: 'UNABLE_TO_LOCK_ROW',
  message: 'unable to obtain exclusive access to this record or 1 records',
};

function on(path: string, fault: Fault, when?: FaultRule['when']): FaultRule {
  return { match: { path }, fault, ...(when === undefined ? {} : { when }) };
}

function preset(about: string, ...rules: FaultRule[]): FaultPreset {
  return { about, rules: () => rules.map((rule) => ({ ...rule })) };
}

/** Bad days by name. They last until taken back, unless they say otherwise. */
const DAYS: Readonly<Record<string, FaultPreset>> = {
  storm: { about: STORM, rules: () => stormRules({ rateLimit: LONG_REQUESTS, retriableItem: LOCKED }) },
  'api-limit': preset(
    'The requests of the last 24 hours are used up: 403 TotalRequests on every call. (The natural way: POST /limits.)',
    on(API, {
      kind: 'status',
      ...LONG_REQUESTS,
      message: 'TotalRequests Limit exceeded.',
    }),
  ),
  'busy-org': preset(
    'Too many requests run long: three calls in ten are refused with 403 ConcurrentPerOrgLongTxn.',
    on(API, { kind: 'status', ...LONG_REQUESTS }, { probability: 0.3 }),
  ),
  maintenance: preset(
    'Ten minutes of maintenance by the sandbox clock: an HTML page with 503 in place of everything, the login too.',
    on(EVERYWHERE, { kind: 'status', status: 503, html: true }, { forMs: TEN_MINUTES }),
  ),
  outage: preset(
    'Four calls in ten fail: 503 with and without Retry-After, 500 UNKNOWN_EXCEPTION, gateway pages with 502 and 504, 420 from the edge.',
    on(API, { kind: 'status', status: 503, retryAfter: 2 }, { probability: 0.1 }),
    on(API, { kind: 'status', status: 503 }, { probability: 0.1 }),
    on(API, { kind: 'status', status: 500 }, { probability: 0.05 }),
    on(API, { kind: 'status', status: 502, html: true }, { probability: 0.05 }),
    on(API, { kind: 'status', status: 504, html: true }, { probability: 0.05 }),
    on(API, { kind: 'status', status: 420 }, { probability: 0.05 }),
  ),
  'slow-org': preset(
    'Every answer takes 1.5 seconds longer, one in twenty 30 seconds.',
    on(API, { kind: 'delay', ms: 1500 }),
    on(API, { kind: 'delay', ms: 28_500 }, { probability: 0.05 }),
  ),
  'lock-contention': preset(
    'Three records in ten are locked by somebody else.',
    on(API, { kind: 'partial', ...LOCKED, probability: 0.3 }),
  ),
  'token-revoked': preset(
    'The access token of the next call is revoked, once.',
    on(API, { kind: 'revoke-token' }, { nth: 1 }),
  ),
  'session-churn': preset(
    'Every tenth call finds its access token revoked.',
    on(API, { kind: 'revoke-token' }, { every: 10 }),
  ),
  'login-refused': preset(
    'The connection was revoked: no login gets a token (400 invalid_grant).',
    on(LOGIN, {
      kind: 'status',
      status: 400,
      code: 'invalid_grant',
      message: 'expired access/refresh token',
    }),
  ),
  'login-down': preset(
    'The login server answers 503; sessions that are open go on.',
    on(LOGIN, { kind: 'status', status: 503, html: true }),
  ),
  resets: preset(
    'One call in ten is reset before its commit, one in ten after it.',
    on(API, { kind: 'reset', at: 'before-commit' }, { probability: 0.1 }),
    on(API, { kind: 'reset', at: 'after-commit' }, { probability: 0.1 }),
  ),
  'lost-answers': preset(
    'One call in five is carried out and never answered: reset, or silence for a minute.',
    on(API, { kind: 'reset', at: 'after-commit' }, { probability: 0.15 }),
    on(API, { kind: 'hang', at: 'after-commit', ms: 60_000 }, { probability: 0.05 }),
  ),
  'garbled-answers': preset(
    'One call in five is carried out and answered badly: cut off, half a text, nothing, an HTML page, the wrong content type.',
    ...(['cut-off', 'half', 'empty', 'html', 'content-type'] as const).map((how) =>
      on(API, { kind: 'spoil', how }, { probability: 0.04 }),
    ),
  ),
  'doubled-requests': preset(
    'One call in five reaches the org twice.',
    on(API, { kind: 'repeat' }, { probability: 0.2 }),
  ),
  'bad-events': preset(
    'Change events: one in ten lost, two in ten doubled, late, or out of order.',
    { fault: { kind: 'notification', effect: 'drop', probability: 0.1 } },
    { fault: { kind: 'notification', effect: 'duplicate', probability: 0.2 } },
    { fault: { kind: 'notification', effect: 'delay', probability: 0.2, ms: 500 } },
    { fault: { kind: 'notification', effect: 'reorder', probability: 0.2 } },
  ),
  'slow-queries': preset(
    'Every second query runs into its time limit.',
    on(QUERIES, { kind: 'status', status: 400, code: 'QUERY_TIMEOUT' }, { every: 2 }),
  ),
};

/** Every code of the error table strikes once, under its own name: the next write's records, query or call. */
function onceEach(): Record<string, FaultPreset> {
  return Object.fromEntries(
    Object.entries(ERROR_CODES).map(([code, known]) => [code, preset(aboutCode(known), ruleOf(code, known))]),
  );
}

function aboutCode({ of, status }: ErrorCode): string {
  if (of === 'record') return `Refuses the records of the next write, once; ${status} for a single record.`;
  return of === 'query' ? `Refuses the next query, once.` : `Refuses the next call with ${status}, once.`;
}

function ruleOf(code: string, { of, status }: ErrorCode): FaultRule {
  if (of !== 'record') {
    return on(of === 'query' ? QUERIES : API, { kind: 'status', status, code }, { nth: 1 });
  }
  return {
    match: { path: API, method: 'POST,PATCH,PUT,DELETE' },
    when: { times: 1 },
    fault: { kind: 'partial', code, probability: 1 },
  };
}

/** What `POST /faults/preset/:name` knows. */
export const FAULT_PRESETS: Readonly<Record<string, FaultPreset>> = { ...DAYS, ...onceEach() };

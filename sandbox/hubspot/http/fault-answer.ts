import { htmlErrorPage } from '../../faults/carry-out.ts';
import type { StatusFault } from '../../faults/rules.ts';
import type { Sandbox } from '../sandbox.ts';
import { errorAnswer, type Answer } from './vendor-error.ts';

/** No recording of these is known; the spec wants a category in every error. */
const CATEGORIES: Record<number, string> = { 423: 'LOCKED', 477: 'MIGRATION_IN_PROGRESS' };

const MIGRATION_SECONDS = 30;

const MESSAGES: Record<number, string> = {
  423: 'The resource is locked. Try again in a moment.',
  477: 'The account is being migrated. Try again later.',
  500: 'Internal error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  520: 'Web server returned an unknown error',
  521: 'Web server is down',
  522: 'Connection timed out',
  523: 'Origin is unreachable',
  524: 'A timeout occurred',
  525: 'SSL handshake failed',
};

/** A status fault in HubSpot's shape. A 429 without a body of its own takes the limiter's, with its variants. */
export function faultAnswer(sandbox: Sandbox, fault: StatusFault): Answer {
  // A migration always says for how long (facts: 477 with `Retry-After` in seconds).
  const retryAfter = fault.retryAfter ?? (fault.status === 477 ? MIGRATION_SECONDS : undefined);
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  if (fault.html) return { status: fault.status, html: htmlErrorPage(fault.status), headers, error: 'fault' };
  if (fault.body !== undefined) return { status: fault.status, json: fault.body, headers, error: 'fault' };
  if (fault.status === 429) {
    const policy = fault.code === 'DAILY' || fault.code === 'SECONDLY' ? fault.code : 'TEN_SECONDLY_ROLLING';
    return { ...sandbox.limits.answer(policy), headers };
  }
  const message = fault.message ?? MESSAGES[fault.status] ?? `HTTP ${fault.status}`;
  const category = fault.code ?? CATEGORIES[fault.status] ?? 'INTERNAL_ERROR';
  return { ...errorAnswer(fault.status, { message, category }), headers };
}

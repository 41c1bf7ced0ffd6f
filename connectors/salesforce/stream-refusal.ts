import type { StreamRefusal } from '../../src/crm/stream.ts';
import type { StreamFailure } from './listen-client.ts';

const MINUTE = 60_000;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;

/**
 * Failures that asking again at once would not mend: the org does not publish the events to us, or its allowance is used
 * up. Null: the stream may be opened again. Source: facts 1.7 (error codes), 1.8 (limits by edition).
 */
export function refusalOf({ code, reason = '' }: StreamFailure): StreamRefusal | null {
  if (reason.endsWith('concurrent.client.limit.exceeded')) {
    return {
      plain: 'as many clients as the org may have listen to its events already',
      nextStep: 'End a client that is no longer used (Salesforce Setup > Event Manager), or raise the limit.',
      retryAfterMs: 5 * MINUTE,
    };
  }
  if (reason.endsWith('subscription.limit.exceeded') || code === RESOURCE_EXHAUSTED) {
    return {
      plain: "the org's allowance of delivered events is used up for today",
      nextStep:
        'Nothing has to be done. If it happens daily, buy a larger allowance or listen to fewer objects.',
      retryAfterMs: 15 * MINUTE,
    };
  }
  if (reason.endsWith('topic.not.found') || code === NOT_FOUND || code === PERMISSION_DENIED) {
    return {
      plain: 'Opportunity is not selected for Change Data Capture, or the integration user may not see it',
      nextStep:
        'In Salesforce, select Opportunity under Setup > Change Data Capture and give the integration user "View All" on it.',
      retryAfterMs: 5 * MINUTE,
    };
  }
  return null;
}

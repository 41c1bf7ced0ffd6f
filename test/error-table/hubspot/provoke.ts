import type { Rehearsal } from '../../rehearsal/open-rehearsal.ts';
import { fault, type Provocation } from '../provocation.ts';

const writes = { path: '/objects/deals/batch/(upsert|update)' };
const reads = { path: '/objects/deals/batch/read' };
const once = { nth: 1 };

/** Refuses the whole call once. */
function refusedCall(code: string, status: number, what: object = {}, answer = String(status)): Provocation {
  const provoke = fault(writes, { kind: 'status', status, ...what }, once);
  return { code, answer, during: 'creating', provoke };
}

/** Refuses our record in a 207 while its neighbours would go through, until the faults are cleared. */
function refusedRecord(code: string, message: string, category = 'VALIDATION_ERROR'): Provocation {
  const what = { kind: 'partial', code: category, message, probability: 1 };
  return { code, answer: '207, in the item', during: 'creating', provoke: fault(writes, what) };
}

/** JSON within the text, as recorded. */
function refusedProperty(error: string, name: string, message: string): Provocation {
  const said = JSON.stringify([{ isValid: false, message, error, name }]);
  return refusedRecord(error, `Property values were not valid: ${said}`);
}

function refusedRenewal(code: string, body: object): Provocation {
  const refuse = fault({ path: '^/oauth/' }, { kind: 'status', status: 400, body });
  return {
    ...{ code, answer: '400', during: 'logging in' },
    provoke: async (rehearsal) => {
      await rehearsal.endSession();
      await refuse(rehearsal);
    },
  };
}

const unanswered = (code: string, answer: string, what: object): Provocation => ({
  ...{ code, answer, during: 'creating' },
  provoke: fault(writes, what, once),
});

async function dealOf({ admin }: Rehearsal, dealId: string): Promise<string> {
  const found = (await admin.records('deals')).find(
    ({ properties }) => (properties as Record<string, unknown>)['tributary_deal_id'] === dealId,
  );
  return String(found?.['id']);
}

const scopes = { requiredGranularScopes: ['crm.objects.deals.write'] };
const missingScopes = {
  ...{ status: 'error', category: 'MISSING_SCOPES' },
  message: 'This app has not been granted all required scopes to make this call.',
  errors: [{ message: 'One or more of the following scopes are required.', context: scopes }],
};
const observed429 = {
  ...{ status: 'error', category: 'RATE_LIMITS' },
  message: 'You have reached your ten_secondly_rolling limit.',
};
const clash =
  'Cannot set PropertyValueCoordinates{portalId=1, objectTypeId=0-3, propertyName=tributary_deal_id, value=x} on 100000001. 100000002 already has that value.';

/** The errors of the facts (hubspot.md 2) in their order, then logins, then answers that never came. */
export const provocations: readonly Provocation[] = [
  {
    code: 'EXPIRED_AUTHENTICATION',
    answer: '401',
    during: 'creating',
    provoke: ({ endSession }) => endSession(),
  },
  refusedCall('TEN_SECONDLY_ROLLING', 429, {}, '429'),
  refusedCall('TEN_SECONDLY_ROLLING', 429, { body: observed429 }, '429, as third parties show it'),
  refusedCall('TEN_SECONDLY_ROLLING', 429, { retryAfter: 40 }, '429 with Retry-After'),
  refusedCall('SECONDLY', 429, { code: 'SECONDLY' }),
  refusedCall('DAILY', 429, { code: 'DAILY' }),
  refusedCall('LOCKED', 423),
  refusedCall('MIGRATION_IN_PROGRESS', 477, { retryAfter: 3600 }),
  refusedCall('INTERNAL_ERROR', 500),
  refusedCall('a gateway page', 502, { html: true }),
  refusedCall('SERVICE_UNAVAILABLE', 503),
  refusedCall('a gateway page', 504, { html: true }),
  refusedCall('a page of the network in front', 521, { html: true }),
  refusedCall('a page of the network in front', 524, { html: true }),
  refusedProperty(
    'PROPERTY_DOESNT_EXIST',
    'tributary_partner',
    'Property "tributary_partner" does not exist',
  ),
  refusedProperty('INVALID_OPTION', 'deal_currency_code', 'CHF was not one of the allowed options'),
  refusedProperty('READ_ONLY_VALUE', 'amount', 'amount is a read only property'),
  refusedProperty('INVALID_INTEGER', 'amount', 'twelve was not a valid number'),
  refusedProperty('INVALID_DATE', 'closedate', 'tomorrow was not a valid date'),
  refusedRecord('a value that another deal has', clash),
  refusedRecord('CONFLICT', 'Deal already exists. Existing ID: 100000003', 'CONFLICT'),
  refusedCall('VALIDATION_ERROR, one word for all', 400, {
    code: 'VALIDATION_ERROR',
    message: 'Invalid input JSON',
  }),
  refusedCall('Duplicate IDs', 400, {
    code: 'VALIDATION_ERROR',
    message: 'Duplicate IDs found in batch input: [x]. IDs must be unique',
  }),
  refusedCall('CONFLICT', 409, { code: 'CONFLICT', message: 'The record was changed meanwhile' }),
  refusedCall('MISSING_SCOPES', 403, { body: missingScopes }),
  refusedCall('a refusal without a reason', 403, { body: { status: 'error', message: 'Forbidden' } }),
  refusedCall('a page that is not HubSpot\u2019s', 404, { html: true }),
  refusedCall('OBJECT_NOT_FOUND', 404, { code: 'OBJECT_NOT_FOUND', message: 'Object type not found' }),
  {
    ...{ code: 'INTERNAL_ERROR', answer: '500', during: 'reading' },
    provoke: fault(reads, { kind: 'status', status: 500 }, once),
  },
  {
    ...{ code: 'VALIDATION_ERROR', answer: '400', during: 'reading' },
    provoke: fault(
      reads,
      { kind: 'status', status: 400, code: 'VALIDATION_ERROR', message: 'Invalid input' },
      once,
    ),
  },
  refusedRenewal('BAD_REFRESH_TOKEN', {
    ...{ status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' },
  }),
  refusedRenewal('invalid_grant', { error: 'invalid_grant', error_description: 'refresh token is invalid' }),
  unanswered('connection reset', 'before the commit', { kind: 'reset', at: 'before-commit' }),
  unanswered('connection reset', 'after the commit', { kind: 'reset', at: 'after-commit' }),
  unanswered('silence', 'after the commit', { kind: 'hang', at: 'after-commit', ms: 20_000 }),
  unanswered('an answer cut off', 'after the commit', { kind: 'spoil', how: 'cut-off' }),
  unanswered('half a JSON document', 'after the commit', { kind: 'spoil', how: 'half' }),
  unanswered('an empty answer', 'after the commit', { kind: 'spoil', how: 'empty' }),
  unanswered('an HTML page', 'after the commit', { kind: 'spoil', how: 'html' }),
  // Last, because the card about the late edit stays open.
  {
    ...{ code: 'an archived deal', answer: '207, in the item', during: 'updating' },
    provoke: async (rehearsal, dealId) =>
      rehearsal.admin.play([{ action: 'delete', id: await dealOf(rehearsal, dealId) }]),
  },
];

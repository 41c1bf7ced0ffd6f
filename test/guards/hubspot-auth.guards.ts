import type { Guard } from './guard.ts';

const answersTest = 'connectors/hubspot/answers.test.ts';
const sharedTest = 'src/app/share-hubspot-login.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A HubSpot refresh token that was replaced is never used before the new one is stored.',
    file: 'connectors/hubspot/auth.ts',
    find: '    unsaved = true;\n    await store(turn);',
    without: '    unsaved = true;',
    test: answersTest,
    testName: 'store a rotated refresh token before|keep trying to store',
  },
  {
    never: 'A HubSpot login is never renewed by two processes at once, nor again after another one did.',
    file: 'connectors/hubspot/auth.ts',
    find: "    else if ('refreshToken' in turn.credentials) credentials = turn.credentials;",
    without: '',
    test: sharedTest,
    testName: 'renew exactly once when all tokens were revoked',
  },
  {
    never: 'Calls of one process never renew a HubSpot login each for itself.',
    file: 'connectors/hubspot/auth.ts',
    find: '    opening ??= login',
    without: '    opening = login',
    test: answersTest,
    testName: 'are renewed exactly once however many calls',
  },
  {
    never: 'A call to HubSpot never renews the login more than once.',
    file: 'connectors/hubspot/call.ts',
    find: '    if (answer.status !== 401 || renewed) return answer;',
    without: '    if (answer.status !== 401) return answer;',
    test: answersTest,
    testName: 'are given up after one renewal',
  },
  {
    never: 'A page of something in between is never taken for the end of a HubSpot login.',
    file: 'connectors/hubspot/login-errors.ts',
    find: " || error === undefined || code === '')",
    without: ')',
    test: 'connectors/hubspot/errors.test.ts',
    testName: 'refresh token',
  },
  {
    never: 'A login to another HubSpot portal never replaces the one of the connection.',
    file: 'src/app/authorization/store-login.ts',
    find: '  if (pinned !== granted.accountId) return pinned;',
    without: '',
    test: 'src/app/authorization/hubspot-authorization.test.ts',
    testName: 'into another portal than the pinned one',
  },
  {
    never: 'The login of the connection never asks HubSpot for the right to create properties.',
    file: 'connectors/hubspot/authorize.ts',
    find: 'request.lasting ? [] :',
    without: 'request.redirectUri === "" ? [] :',
    test: 'src/app/authorization/hubspot-authorization.test.ts',
    testName: 'asks for the scopes that are needed',
  },
];

import type { Guard } from './guard.ts';

const refusedTest = 'src/app/authorization/refused-login.test.ts';
const loginTest = 'src/app/authorization/authorization.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A callback whose state we did not send is never taken.',
    file: 'src/app/authorization/proof.ts',
    find: 'return timingSafeEqual(digestOf(secret), digest);',
    without: 'return timingSafeEqual(digest, digest);',
    test: loginTest,
    testName: 'is not taken with another secret|a stranger there is not heard',
  },
  {
    never: 'A login link never serves twice.',
    file: 'src/app/authorization/pending.ts',
    find: '`DELETE FROM authorizations WHERE id = $1::uuid RETURNING id',
    without: '`UPDATE authorizations SET created_at = created_at WHERE id = $1::uuid RETURNING id',
    test: loginTest,
    testName: 'serves once',
  },
  {
    never: 'A login link is never good for longer than ten minutes.',
    file: 'src/app/authorization/pending.ts',
    find: ' || row.expiresAt <= now)',
    without: ')',
    test: loginTest,
    testName: 'is over after ten minutes',
  },
  {
    never: 'A login to another org never replaces the one of the connection.',
    file: 'src/app/authorization/store-login.ts',
    find: '  if (pinned !== granted.accountId) return pinned;',
    without: '',
    test: loginTest,
    testName: 'to another org than the one of before',
  },
  {
    never: 'A token is never sent to a host that is not of Salesforce.',
    file: 'connectors/salesforce/auth.ts',
    find: 'if (!isTrustedOrigin(token.instance_url, settings.sandbox)) {',
    without: 'if (settings.loginUrl === "") {',
    test: 'connectors/salesforce/authorize.test.ts',
  },
  {
    never: 'A one-time login never outlives its errand.',
    file: 'src/app/authorization/authorize-once.ts',
    find: 'end: () => endUnused(app, target, granted) };',
    without: 'end: () => Promise.resolve() };',
    test: loginTest,
    testName: 'acts as whoever logged in',
  },
  {
    never: 'Nothing is sent or read on a connection whose login is refused, until one works.',
    file: 'src/mirror/gate.ts',
    find: 'return row.login_refused_since !== null ||',
    without: 'return',
    test: refusedTest,
    testName: 'is asked again by one process|holds when a person resumes',
  },
  {
    never: 'A refused login is never asked again by more than one process at a time.',
    file: 'src/mirror/refused-login.ts',
    find: "WHERE id = $1 AND ${loginCheckDue('$2')}",
    without: 'WHERE id = $1 AND $2::timestamptz IS NOT NULL',
    test: refusedTest,
    testName: 'is asked again by one process',
  },
  {
    never: 'The refusal of a login that was replaced meanwhile never stops the connection again.',
    file: 'src/mirror/refused-login.ts',
    find: 'WHERE id = $1 AND ($2::int IS NULL OR login_epoch = $2) FOR UPDATE',
    without: 'WHERE id = $1 AND ($2::int IS NULL OR true) FOR UPDATE',
    test: refusedTest,
    testName: 'still had the old one',
  },
  {
    never: 'Nobody is ever told twice of one card.',
    file: 'src/payouts/alerts/raise-alerts.ts',
    find: "const untold = 'alerts AND alerted_at IS NULL AND closed_at IS NULL';",
    without: "const untold = 'alerts AND closed_at IS NULL';",
    test: refusedTest,
    testName: 'one mail and one message per episode',
  },
  {
    never: 'A call never renews its session more than once.',
    file: 'connectors/salesforce/client.ts',
    find: '      if (isExpired(answer)) throw refusedSession(answer, request, sessions.refusedFresh());',
    without:
      '      while (isExpired(answer)) answer = await attempt(request, await sessions.renewed(fresh, request, options), options);',
    test: 'connectors/salesforce/auth.test.ts',
    testName: 'never renewed more than once per call',
  },
];

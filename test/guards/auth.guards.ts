import type { Guard } from './guard.ts';

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
];

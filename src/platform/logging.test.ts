import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logging.ts';

const CANARY = 'c4n4ryS3cr3tValue';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(
    createLogger({ level: 'trace', name: 'test', destination: { write: (line) => void lines.push(line) } }),
  );
  return lines.join('');
}

describe('the log', () => {
  it('writes one line of JSON per entry with level, name, UTC time and message', () => {
    const entry = JSON.parse(logged((log) => log.warn({ dealId: 'd1' }, 'parked'))) as Record<
      string,
      unknown
    >;
    expect(entry).toMatchObject({ level: 'warn', name: 'test', dealId: 'd1', msg: 'parked' });
    expect(entry['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each(
    [
      'authorization',
      'Authorization',
      'cookie',
      'set-cookie',
      'password',
      'secret',
      'clientSecret',
      'client_secret',
      'token',
      'accessToken',
      'access_token',
      'refreshToken',
      'refresh_token',
      'id_token',
      'assertion',
      'client_assertion',
      'privateKey',
      'private_key',
      'apiKey',
      'x-api-key',
      'privateAppToken',
      'webhookSecret',
    ].map((name) => [name]),
  )('keeps the value of %s out at every depth', (name) => {
    const text = logged((log) => {
      log.info({ [name]: CANARY }, 'top');
      log.info({ request: { headers: { [name]: CANARY } } }, 'third');
      log.info({ a: { b: { c: { d: { e: { [name]: CANARY } } } } } }, 'deep');
      log.info({ list: [{ [name]: CANARY }] }, 'in a list');
      log.info({ body: JSON.stringify({ outer: { [name]: CANARY } }) }, 'text inside text');
      log.child({ [name]: CANARY }).info('bound');
      log.error(Object.assign(new Error('failed'), { config: { headers: { [name]: CANARY } } }), 'error');
    });
    expect(text).not.toContain(CANARY);
    expect(text.match(/redacted/g)?.length).toBeGreaterThanOrEqual(7);
    for (const line of text.trim().split('\n')) JSON.parse(line);
  });

  it.each([
    [`Authorization: Bearer ${CANARY}`],
    [`postgres://tributary:${CANARY}@127.0.0.1:5432/tributary`],
    [`redis://:${CANARY}@cache:6379`],
    [`grant_type=x&assertion=${CANARY}&foo=1`],
    [`POST refresh_token=${CANARY}`],
    [`got eyJhbGciOiJSUzI1NiJ9.eyJ${CANARY}.c2lnbmF0dXJl`],
    [`-----BEGIN RSA PRIVATE KEY-----\n${CANARY}\n-----END RSA PRIVATE KEY-----`],
  ])('keeps secrets out of texts by their shape: %s', (text) => {
    const line = logged((log) => log.error({ err: new Error(text), said: text }, text));
    expect(line).not.toContain(CANARY);
    JSON.parse(line);
  });

  it('leaves everything else readable', () => {
    const line = logged((log) =>
      log.info(
        { keyId: 'k1', idempotencyKey: 'i-1', tokens: 5, url: 'https://crm.example/services' },
        'fine',
      ),
    );
    expect(JSON.parse(line)).toMatchObject({
      keyId: 'k1',
      idempotencyKey: 'i-1',
      tokens: 5,
      url: 'https://crm.example/services',
      msg: 'fine',
    });
  });
});

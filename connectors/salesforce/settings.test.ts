import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { variables } from '../../src/platform/config/variables.ts';
import { salesforce } from './definition.ts';
import { isTrustedEndpoint, isTrustedOrigin } from './hosts.ts';
import { Credentials, Settings } from './settings.ts';

describe('where tokens may be sent', () => {
  it.each([
    'https://login.salesforce.com',
    'https://acme.my.salesforce.com',
    'https://acme--uat.sandbox.my.salesforce.com',
    'https://acme.my.salesforce.mil',
    'https://acme.lightning.force.com',
  ])('accepts %s', (url) => {
    expect(isTrustedOrigin(url, false)).toBe(true);
  });

  it.each([
    'http://acme.my.salesforce.com',
    'https://salesforce.com.evil.example',
    'https://evilsalesforce.com',
    'https://user:secret@login.salesforce.com',
    'https://login.salesforce.com:8443',
    'https://127.0.0.1',
    'http://localhost:3000',
    'not a url',
  ])('refuses %s', (url) => {
    expect(isTrustedOrigin(url, false)).toBe(false);
  });

  it('accepts loopback addresses, and nothing else, for a local sandbox', () => {
    expect(isTrustedOrigin('http://127.0.0.1:4010', true)).toBe(true);
    expect(isTrustedOrigin('http://localhost:4010', true)).toBe(true);
    expect(isTrustedOrigin('https://login.salesforce.com', true)).toBe(false);
    expect(isTrustedOrigin('http://192.168.0.10', true)).toBe(false);
  });

  it('holds the Pub/Sub endpoint to the same rule', () => {
    expect(isTrustedEndpoint('api.pubsub.salesforce.com:7443', false)).toBe(true);
    expect(isTrustedEndpoint('api.pubsub.salesforce.com.evil.example:7443', false)).toBe(false);
    expect(isTrustedEndpoint('localhost:7443', false)).toBe(false);
    expect(isTrustedEndpoint('localhost:7443', true)).toBe(true);
  });
});

describe('Settings', () => {
  it('needs nothing for a production org', () => {
    expect(Settings.parse({})).toEqual({
      loginUrl: 'https://login.salesforce.com',
      pubsubEndpoint: 'api.pubsub.salesforce.com:7443',
      sandbox: false,
      notifications: 'auto',
      streamSilenceSeconds: 300,
      clientName: 'tributary',
    });
  });

  it('refuses a login outside Salesforce, by name of the setting', () => {
    const result = Settings.safeParse({ loginUrl: 'https://salesforce.example.com' });
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual(['loginUrl']);
  });

  it('refuses a client name that would break out of its header', () => {
    expect(Settings.safeParse({ clientName: 'x, batchSize=1\r\n' }).success).toBe(false);
  });
});

describe('Credentials', () => {
  const pem = (type: 'rsa' | 'ec') =>
    (type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    ).privateKey
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();

  it('takes an RSA key for signed logins and refuses any other', () => {
    const login = { kind: 'jwt', clientId: 'id', username: 'user@example.com' };
    expect(Credentials.safeParse({ ...login, privateKey: pem('rsa') }).success).toBe(true);
    expect(Credentials.safeParse({ ...login, privateKey: pem('ec') }).success).toBe(false);
    expect(Credentials.safeParse({ ...login, privateKey: 'secret' }).success).toBe(false);
  });

  it('takes a refresh token with or without a client secret', () => {
    const refresh = { kind: 'refresh', clientId: 'id', refreshToken: 'token' };
    expect(Credentials.safeParse(refresh).success).toBe(true);
    expect(Credentials.safeParse({ ...refresh, clientSecret: 'secret' }).success).toBe(true);
  });
});

describe('recordUrl', () => {
  it('opens the record page of a My Domain and lets a general login host find the org', () => {
    const url = (loginUrl: string) =>
      salesforce.recordUrl(Settings.parse({ loginUrl }), 'Opportunity', '006A');
    expect(url('https://acme.my.salesforce.com')).toBe(
      'https://acme.my.salesforce.com/lightning/r/Opportunity/006A/view',
    );
    expect(url('https://login.salesforce.com')).toBe('https://login.salesforce.com/006A');
  });
});

describe('a password', () => {
  it('is no way to log in, and no file of the connector sends one', async () => {
    const asked = { kind: 'password', clientId: 'app', username: 'user@example.com', password: 'secret' };
    expect(Credentials.safeParse(asked).success).toBe(false);
    const folder = import.meta.dirname;
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    expect(files.length).toBeGreaterThan(20);
    const sending = files.filter((name) =>
      /grant_type:\s*'password'|\bpassword:|\.login\(/.test(readFileSync(path.join(folder, name), 'utf8')),
    );
    expect(sending).toEqual([]);
    expect(Object.keys(variables).filter((name) => /PASSWORD/.test(name))).toEqual([]);
  });
});

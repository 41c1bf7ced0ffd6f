import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import selfsigned from 'selfsigned';
import { z } from 'zod';
import { recordId } from '../ids.ts';

const credentialsSchema = z.object({
  preset: z.string(),
  organizationId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  username: z.string(),
  password: z.string(),
  refreshToken: z.string(),
  /** PEM, PKCS8: what a client signs its JWT with. */
  privateKey: z.string(),
  /** PEM, SPKI: the connected app's certificate. */
  publicKey: z.string(),
  tlsKey: z.string(),
  tlsCertificate: z.string(),
});

/** Everything secret about one sandbox org. */
export type Credentials = z.infer<typeof credentialsSchema>;

/**
 * Loads the credentials kept in a data directory, or makes new ones (and keeps them there).
 * Throws when the directory belongs to an org of another preset: its journal would not fit.
 */
export async function loadCredentials(preset: string, dataDir: string | undefined): Promise<Credentials> {
  const path = dataDir === undefined ? undefined : join(dataDir, 'credentials.json');
  if (path !== undefined && existsSync(path)) {
    const kept = credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (kept.preset !== preset) {
      throw new Error(
        `${path} belongs to preset "${kept.preset}", not "${preset}"; use another data directory`,
      );
    }
    return kept;
  }
  const made = await makeCredentials(preset);
  if (path !== undefined && dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(path, JSON.stringify(made), { mode: 0o600 });
  }
  return made;
}

async function makeCredentials(preset: string): Promise<Credentials> {
  const organizationId = recordId('00D', randomInt(1, 2 ** 40));
  const [keys, tls] = await Promise.all([makeKeys(), makeCertificate()]);
  return {
    preset,
    organizationId,
    clientId: `3MVG9${randomBytes(60).toString('base64url')}`,
    clientSecret: randomBytes(32).toString('hex').toUpperCase(),
    username: `integration@${organizationId.slice(-9).toLowerCase()}.example.com`,
    password: randomBytes(12).toString('base64url'),
    refreshToken: `5Aep861${randomBytes(60).toString('base64url')}`,
    ...keys,
    ...tls,
  };
}

async function makeKeys(): Promise<Pick<Credentials, 'privateKey' | 'publicKey'>> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

async function makeCertificate(): Promise<Pick<Credentials, 'tlsKey' | 'tlsCertificate'>> {
  const names = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ];
  const made = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 10 * 365 * 24 * 3600 * 1000),
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  return { tlsKey: made.private, tlsCertificate: made.cert };
}

import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
  refreshToken: z.string(),
  privateAppToken: z.string(),
  portalId: z.number().int(),
  appId: z.number().int(),
  privateAppId: z.number().int(),
});

/** What an installed app knows, and what its maker has besides: a service key of the account, the developer's API key. The client secret also signs webhooks. */
export type PortalCredentials = z.infer<typeof schema> & {
  serviceKey: string;
  developerApiKey: string;
  /** Signs the private app's webhooks. */
  privateAppSecret: string;
};

/** Reads the credentials kept in `dataDir`, making them on the first start so that stored ones stay valid. */
export function loadCredentials(dataDir: string | undefined): PortalCredentials {
  if (dataDir === undefined) return withKeys(makeCredentials());
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'credentials.json');
  try {
    return withKeys(schema.parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = makeCredentials();
  // Renamed into place: a kill in mid-write must not leave half a file that blocks every later start.
  writeFileSync(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return withKeys(made);
}

/** Made out of the client secret, so that they stay the same without being kept. */
function withKeys(made: z.infer<typeof schema>): PortalCredentials {
  const key = (name: string): string => {
    const hex = createHash('sha256').update(`${name} ${made.clientSecret}`).digest('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
      '-',
    );
  };
  return {
    ...made,
    serviceKey: `pat-na1-${key('service key')}`,
    developerApiKey: key('developer'),
    privateAppSecret: key('private app'),
  };
}

function makeCredentials(): z.infer<typeof schema> {
  return {
    clientId: randomUUID(),
    clientSecret: randomUUID(),
    refreshToken: `na1-${randomHex(4)}-${randomUUID()}`,
    privateAppToken: `pat-na1-${randomUUID()}`,
    portalId: randomInt(40_000_000, 49_999_999),
    appId: randomInt(1_000_000, 4_999_999),
    privateAppId: randomInt(5_000_000, 9_999_999),
  };
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

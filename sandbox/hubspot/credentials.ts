import { randomBytes, randomInt, randomUUID } from 'node:crypto';
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

/** What an installed app knows. The client secret also signs webhooks. */
export type PortalCredentials = z.infer<typeof schema>;

/** Reads the credentials kept in `dataDir`, making them on the first start so that stored ones stay valid. */
export function loadCredentials(dataDir: string | undefined): PortalCredentials {
  if (dataDir === undefined) return makeCredentials();
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'credentials.json');
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = makeCredentials();
  // Renamed into place: a kill in mid-write must not leave half a file that blocks every later start.
  writeFileSync(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return made;
}

function makeCredentials(): PortalCredentials {
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

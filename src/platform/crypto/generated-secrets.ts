import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { newEncryptionKey } from './keyring.ts';
import type { EncryptionKey } from './keyring.ts';

/** Secrets made for an installation that was started without any: kept, or stored credentials could not be read. */
export interface GeneratedSecrets {
  encryptionKeys: EncryptionKey[];
  apiKeys: Array<{ name: string; key: string }>;
}

const secretsFile = z.object({
  encryptionKeys: z.array(z.object({ id: z.string(), key: z.string() })).min(1),
  apiKeys: z.array(z.object({ name: z.string(), key: z.string() })).min(1),
});

/**
 * The secrets of `<dataDir>/secrets.json` (mode 0600), made at the first call. Two processes that start together get
 * the same ones.
 */
export async function generatedSecrets(dataDir: string): Promise<GeneratedSecrets> {
  const file = path.join(dataDir, 'secrets.json');
  await mkdir(dataDir, { recursive: true });
  const fresh: GeneratedSecrets = {
    encryptionKeys: [newEncryptionKey('generated-1')],
    apiKeys: [{ name: 'local', key: `trib_${randomBytes(24).toString('base64url')}` }],
  };
  // Written whole under another name and then linked: a crash half-way leaves no half a file, and of two processes
  // only one succeeds.
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 });
  const first = await link(unfinished, file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  await rm(unfinished, { force: true });
  return first ? fresh : readSecrets(file);
}

async function readSecrets(file: string): Promise<GeneratedSecrets> {
  await chmod(file, 0o600);
  try {
    return secretsFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Neither the reason nor the content: both would show secrets.
    throw new Error(`${file} is damaged: restore it, or remove it together with the database it belongs to`);
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { LocalCrms } from '../local-crms.ts';

/** Where the local CRMs of a data folder can be played with while they run. Holds no credentials. */
const RunningCrms = z.object({ salesforce: z.string().optional(), hubspot: z.string().optional() });
export type RunningCrms = z.infer<typeof RunningCrms>;

function fileIn(dataDir: string): string {
  return path.resolve(dataDir, 'crms', 'running.json');
}

export async function noteRunningCrms(dataDir: string, crms: LocalCrms): Promise<void> {
  await mkdir(path.dirname(fileIn(dataDir)), { recursive: true });
  const addresses: RunningCrms = { salesforce: crms.salesforce?.adminUrl, hubspot: crms.hubspot?.adminUrl };
  await writeFile(fileIn(dataDir), JSON.stringify(addresses));
}

/** @throws Error that says how to start them */
export async function findRunningCrms(dataDir: string): Promise<RunningCrms> {
  try {
    return RunningCrms.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')));
  } catch {
    throw new Error(
      `No local CRMs were started with the data folder ${dataDir}. Start them in another terminal: npm start.`,
    );
  }
}

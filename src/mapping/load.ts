import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { checkAttachRows } from './check-attach-rows.ts';
import { Mapping } from './schema.ts';

export interface LoadedMapping extends Mapping {
  /** Digest of the content; part of every payload hash, so a changed mapping re-converges every record. */
  digest: string;
}

/** @throws Error naming the file and every faulty row. */
export async function loadMapping(path: string, vendor: string): Promise<LoadedMapping> {
  const text = await readFile(path, 'utf8');
  return parseMapping(text, path, vendor);
}

export function parseMapping(text: string, path: string, vendor: string): LoadedMapping {
  const result = Mapping.superRefine(checkAttachRows).safeParse(readYaml(text, path));
  if (!result.success) {
    const faults = result.error.issues.map(
      (issue) => `  ${issue.path.join('.') || '(file)'}: ${issue.message}`,
    );
    throw new Error(`The mapping ${path} cannot be used:\n${faults.join('\n')}`);
  }
  if (result.data.vendor !== vendor) {
    throw new Error(`The mapping ${path} is for ${result.data.vendor}, but the connection is to ${vendor}.`);
  }
  // How accounts are recognised changes no record.
  const payload = { ...result.data, matching: undefined };
  const digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 16);
  return { ...result.data, digest };
}

function readYaml(text: string, path: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new Error(
      `The mapping ${path} cannot be used:\n  ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

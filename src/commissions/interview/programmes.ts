/** The programmes that ship with the documentation, to start a plan from. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import type { Draft } from './draft.ts';

const folder = fileURLToPath(new URL('../../../docs/plans/', import.meta.url));

export interface Programme {
  name: string;
  /** Its first sentence. */
  about: string;
  source: string;
  draft: Draft;
}

/** In the order of their names. */
export async function programmes(): Promise<Programme[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  return Promise.all(files.map((file) => readProgramme(file)));
}

async function readProgramme(file: string): Promise<Programme> {
  const source = await readFile(path.join(folder, file), 'utf8');
  const about = /^# (?!yaml-language-server)(.*)$/m.exec(source)?.[1] ?? '';
  const draft = parseDocument(source, { schema: 'failsafe' }).toJS() as Draft;
  return { name: file.replace(/\.yaml$/, ''), about, source, draft };
}

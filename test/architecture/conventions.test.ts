import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repository } from './cruise.ts';

const vendors = /salesforce|hubspot|pipedrive|dataverse|dynamics|jsforce/i;
/**
 * The composition root wires vendors, each vendor's settings have to be named somewhere in the environment, and the
 * published options of the CLI name them.
 */
const mayNameVendors = ['src/app/', 'src/platform/config/', 'src/cli/'];
const mayPrint = ['src/cli/', 'bench/', 'test/'];

describe('the source', () => {
  it('names no vendor outside the composition root, but in comments that give a fact its source', async () => {
    const files = (await sources('src')).filter((file) => !isIn(file, mayNameVendors) && !isTest(file));
    expect(files.length).toBeGreaterThan(50);
    expect(await linesMatching(files, vendors, withoutComments)).toEqual([]);
  });

  it('prints to the console only from the CLI, benchmarks and tests', async () => {
    const all = await Promise.all(
      ['src', 'connectors', 'workers', 'sandbox', 'mappings', 'migrations'].map(sources),
    );
    const files = all.flat().filter((file) => !isIn(file, mayPrint) && !isTest(file));
    expect(await linesMatching(files, /\bconsole\.(log|info|warn|error|debug|table)\(/)).toEqual([]);
  });

  it('leaves no reminder behind and silences no check', async () => {
    const all = await Promise.all(
      ['src', 'connectors', 'workers', 'sandbox', 'mappings', 'migrations', 'test', 'bench'].map(sources),
    );
    const files = all.flat().filter((file) => !file.startsWith('test/architecture/'));
    expect(await linesMatching(files, /\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-nocheck|\bas any\b/)).toEqual([]);
  });
});

describe('the searches of this test', () => {
  it('find what they look for', () => {
    expect(matching('x.ts', 'const a = 1;\nopen("HubSpot");', vendors)).toEqual(['x.ts:2: open("HubSpot");']);
    expect(matching('x.ts', 'const a = 1;', vendors)).toEqual([]);
    const commented = '/* HubSpot\n * too */\nconst a = 1; // HubSpot\nfetch("https://api.hubspot.com")';
    expect(matching('x.ts', withoutComments(commented), vendors)).toEqual([
      'x.ts:4: fetch("https://api.hubspot.com")',
    ]);
  });
});

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(repository, folder), { recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith('.ts'))
    .map((entry) => `${folder}/${entry.split(path.sep).join('/')}`);
}

async function linesMatching(
  files: readonly string[],
  pattern: RegExp,
  prepare: (text: string) => string = (text) => text,
): Promise<string[]> {
  const found = await Promise.all(
    files.map(async (file) =>
      matching(file, prepare(await readFile(path.join(repository, file), 'utf8')), pattern),
    ),
  );
  return found.flat();
}

function matching(file: string, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .map((line, index) => ({ line, at: index + 1 }))
    .filter(({ line }) => pattern.test(line))
    .map(({ line, at }) => `${file}:${at}: ${line.trim()}`);
}

/** Keeps the lines where they are. A `//` inside a URL is no comment. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '');
}

function isIn(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(folder));
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

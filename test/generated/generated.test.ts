import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connectors } from '../../connectors/registry.ts';
import { connectorRegistry } from './connector-registry.ts';
import { foldersIn, generatedFiles, repository } from './files.ts';
import { staleFiles } from './stale-files.ts';

describe('generated files', () => {
  it('are what would be generated now', async () => {
    const stale = await staleFiles(repository, generatedFiles);
    expect(stale.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
  });

  it('are found stale by the first line that differs, or when missing', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'tributary-generated-'));
    await writeFile(path.join(root, 'same'), 'a\nb\n');
    await writeFile(path.join(root, 'edited'), 'a\nB\n');
    await writeFile(path.join(root, 'short'), 'a');
    const content = (): string => 'a\nb\n';
    const files = ['same', 'edited', 'short', 'missing'].map((file) => ({ path: file, content }));
    const stale = await staleFiles(root, files);
    await rm(root, { recursive: true });
    expect(stale.map(({ file, line }) => `${file}:${line}`)).toEqual(['edited:2', 'short:2', 'missing:1']);
  });
});

describe('the connector registry', () => {
  it('lists every folder of connectors, and names each vendor like its folder', async () => {
    const folders = await foldersIn('connectors');
    expect(folders.length).toBeGreaterThan(1);
    expect(connectors.map((definition) => definition.vendor)).toEqual(folders);
  });

  it('imports a constant in camel case where the folder has hyphens', () => {
    expect(connectorRegistry(['zoho-crm'])).toContain("import { zohoCrm } from './zoho-crm/definition.ts';");
  });
});

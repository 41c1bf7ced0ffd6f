import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generatedSecrets } from './generated-secrets.ts';
import { openKeyring } from './keyring.ts';

describe('generated secrets', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-secrets-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('are the same at every start, for everyone who starts at once, and nobody else may read them', async () => {
    const dataDir = path.join(folder, 'data');
    const first = await Promise.all([1, 2, 3, 4].map(() => generatedSecrets(dataDir)));
    const later = await generatedSecrets(dataDir);
    for (const secrets of first) expect(secrets).toEqual(later);
    expect((await stat(path.join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);

    const ring = openKeyring(later.encryptionKeys);
    expect(ring.open(ring.seal('x', 'c'), 'c')).toBe('x');
    expect(later.apiKeys[0]?.key.length).toBeGreaterThan(30);
  });

  it('are never replaced when the file is damaged', async () => {
    await writeFile(path.join(folder, 'secrets.json'), '{"encryptionKeys": [');
    await expect(generatedSecrets(folder)).rejects.toThrow(/is damaged/);
  });

  it('differ between installations', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map((name) => generatedSecrets(path.join(folder, name))));
    expect(a?.encryptionKeys[0]?.key).not.toBe(b?.encryptionKeys[0]?.key);
  });
});

import { describe, expect, it } from '@jest/globals';
import { newEncryptionKey, openKeyring } from './keyring.ts';

const SECRET = '{"refreshToken":"5Aep861…ü"}';

describe('sealed values', () => {
  const ring = openKeyring([newEncryptionKey('2026-11'), newEncryptionKey('2026-05')]);

  it('open for what they belong to', () => {
    const sealed = ring.seal(SECRET, 'salesforce-1');
    expect(sealed.keyId).toBe('2026-11');
    expect(sealed.iv.length).toBe(12);
    expect(sealed.ciphertext.toString('utf8')).not.toContain('refreshToken');
    expect(ring.open(sealed, 'salesforce-1')).toBe(SECRET);
  });

  it('do not open for another connection', () => {
    const sealed = ring.seal(SECRET, 'salesforce-1');
    expect(() => ring.open(sealed, 'salesforce-2')).toThrow(/does not open for "salesforce-2"/);
  });

  it.each(['iv', 'ciphertext', 'tag'] as const)('do not open when the %s was changed', (part) => {
    const sealed = ring.seal(SECRET, 'salesforce-1');
    const changed = Buffer.from(sealed[part]);
    changed[0] = (changed[0] ?? 0) ^ 1;
    expect(() => ring.open({ ...sealed, [part]: changed }, 'salesforce-1')).toThrow(/does not open/);
  });

  it('do not open with a shortened tag', () => {
    const sealed = ring.seal(SECRET, 'salesforce-1');
    expect(() => ring.open({ ...sealed, tag: sealed.tag.subarray(0, 4) }, 'salesforce-1')).toThrow(
      /does not open/,
    );
  });

  it('do not open under the id of another key', () => {
    const sealed = ring.seal(SECRET, 'salesforce-1');
    expect(() => ring.open({ ...sealed, keyId: '2026-05' }, 'salesforce-1')).toThrow(/does not open/);
    expect(() => ring.open({ ...sealed, keyId: 'gone' }, 'salesforce-1')).toThrow(/no encryption key "gone"/);
  });

  it('never look the same twice', () => {
    const [a, b] = [ring.seal(SECRET, 'x'), ring.seal(SECRET, 'x')];
    expect(a.iv.equals(b.iv)).toBe(false);
    expect(a.ciphertext.equals(b.ciphertext)).toBe(false);
  });

  it('move to a new key by being resealed, after which the old key can go', () => {
    const [old, fresh] = [newEncryptionKey('old'), newEncryptionKey('fresh')];
    const before = openKeyring([old]).seal(SECRET, 'hubspot-1');
    const both = openKeyring([fresh, old]);
    expect(before.keyId).not.toBe(both.currentKeyId);
    const after = both.seal(both.open(before, 'hubspot-1'), 'hubspot-1');
    expect(openKeyring([fresh]).open(after, 'hubspot-1')).toBe(SECRET);
    expect(() => openKeyring([fresh]).open(before, 'hubspot-1')).toThrow(/no encryption key "old"/);
  });

  it('refuse keys that are not keys, without showing them', () => {
    expect(() => openKeyring([])).toThrow('no encryption key');
    const short = Buffer.from('tooShort').toString('base64');
    expect(() => openKeyring([{ id: 'k', key: short }])).toThrow('"k" has 8 bytes, not 32');
    expect(() => openKeyring([{ id: 'k', key: short }])).not.toThrow(short);
    const key = newEncryptionKey('k');
    expect(() => openKeyring([key, key])).toThrow('same id');
  });
});

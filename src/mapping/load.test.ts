import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadMapping, parseMapping } from './load.ts';

const good = `
vendor: acme
version: 1
deal:
  object: Opportunity
  keyField: Key
  write: [{ to: Name, from: deal.name }]
  read: [{ to: amount, from: Amount }]
account: { object: Account, keyField: Key, write: [{ to: Name, from: account.name }] }
contact: { object: Contact, keyField: Key, write: [{ to: Email, from: contact.email }] }
`;

describe('a mapping file', () => {
  it('is read with its defaults filled in', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tributary-mapping-'));
    await writeFile(path.join(folder, 'mapping.yaml'), good);
    const mapping = await loadMapping(path.join(folder, 'mapping.yaml'), 'acme');
    await rm(folder, { recursive: true });
    expect(mapping.deal.write[0]).toEqual({
      attach: false,
      to: 'Name',
      from: 'deal.name',
      transforms: [],
      when: 'always',
      skipEmpty: true,
      optional: false,
    });
  });

  it('is refused with every fault at once, each at its place', () => {
    const bad = good
      .replace('from: deal.name', 'from: deal.nmae')
      .replace('to: amount', 'to: amuont')
      .replace('version: 1', 'version: zero');
    const reading = (): unknown => parseMapping(bad, 'mine.yaml', 'acme');
    expect(reading).toThrow(/The mapping mine.yaml cannot be used/);
    for (const place of ['deal.write.0.from', 'deal.read.0.to', 'version']) expect(reading).toThrow(place);
  });

  it('is refused for a row with both a source and a fixed value, with neither, or with a key nobody knows', () => {
    const rows = [
      '{ to: Name, from: deal.name, value: x }',
      '{ to: Name }',
      '{ to: Name, from: deal.name, transfroms: [trim] }',
    ];
    for (const row of rows) {
      expect(() =>
        parseMapping(good.replace('{ to: Name, from: deal.name }', row), 'mine.yaml', 'acme'),
      ).toThrow(/deal\.write\.0/);
    }
  });

  it('is refused by its name when it is no YAML at all, or empty', () => {
    for (const text of ['deal: [', 'a: 1\n a: 2\n', '', 'just a sentence']) {
      expect(() => parseMapping(text, 'mine.yaml', 'acme')).toThrow(/The mapping mine\.yaml cannot be used/);
    }
  });

  it('is refused for a connection to another vendor', () => {
    expect(() => parseMapping(good, 'mine.yaml', 'other')).toThrow(
      /is for acme, but the connection is to other/,
    );
  });

  it('has a digest that changes with its content and with nothing else', () => {
    const { digest } = parseMapping(good, 'a.yaml', 'acme');
    expect(parseMapping(`# a comment\n${good}\n`, 'b.yaml', 'acme').digest).toBe(digest);
    expect(
      parseMapping(
        good.replace('{ to: Name, from: deal.name }', '{ from: deal.name, to: Name }'),
        'a.yaml',
        'acme',
      ).digest,
    ).toBe(digest);
    expect(
      parseMapping(good.replace('deal.name }', 'deal.name, when: create }'), 'a.yaml', 'acme').digest,
    ).not.toBe(digest);
    expect(parseMapping(good.replace('version: 1', 'version: 2'), 'a.yaml', 'acme').digest).not.toBe(digest);
  });
});

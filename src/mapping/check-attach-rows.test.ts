import { describe, expect, it } from '@jest/globals';
import { parseMapping } from './load.ts';

function mappingWith(row: string): () => unknown {
  const text = `
vendor: acme
version: 1
deal:
  object: Deal
  keyField: Key
  write: [${row}]
  read: [{ to: amount, from: Amount }, { to: stage, from: Stage }, { to: owner, from: Owner }]
account: { object: Account, keyField: Key, write: [{ to: Name, from: account.name }] }
contact: { object: Contact, keyField: Key, write: [{ to: Email, from: contact.email }] }
`;
  return () => parseMapping(text, 'acme.yaml', 'acme');
}

describe('a row that is written to a record a rep had before', () => {
  it('may tell of the registration, the partner and the protection', () => {
    expect(mappingWith('{ to: P, from: partner.name, attach: true }')).not.toThrow();
    expect(mappingWith('{ to: U, from: deal.protectedUntil, attach: true }')).not.toThrow();
    expect(mappingWith('{ to: Tag, value: Partner, attach: true }')).not.toThrow();
  });

  it.each([
    ['{ to: Name, from: deal.name, attach: true }', 'deal.name is not written to an existing record'],
    ['{ to: Acc, from: refs.account, attach: true }', 'refs.account is not written to an existing record'],
    ['{ to: Amount, value: 5, attach: true }', 'Amount belongs to the rep'],
    ['{ to: Stage, value: Won, attach: true }', 'Stage belongs to the rep'],
    ['{ to: Owner, from: partner.key, attach: true }', 'Owner belongs to the rep'],
    ['{ to: P, from: partner.name, when: create, attach: true }', 'at creation only'],
  ])('is refused as %s', (row, reason) => {
    expect(mappingWith(row)).toThrow(reason);
  });
});

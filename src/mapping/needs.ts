import type { NeededWrite, Needs, ObjectNeed } from '../crm/provisioning.ts';
import type { Mapping, WriteRow } from './schema.ts';

/** Parts of a mapping that are no section of their own; the digest is added by the loader. */
const ownParts = new Set(['vendor', 'version', 'digest', 'deal', 'account', 'contact', 'lead']);

/** What a mapping asks of the CRM: its objects and fields, and its further sections as they are. */
export function needsOf(mapping: Mapping): Needs {
  const { deal, account, contact, lead, target, persons } = mapping;
  const sections = Object.entries(mapping).filter(([name]) => !ownParts.has(name));
  return {
    objects: [
      objectNeed('deal', deal, deal.read),
      objectNeed('account', { ...account, write: [...account.write, ...(persons?.write ?? [])] }, []),
      objectNeed('contact', contact, []),
      ...(target === 'lead' && lead ? [objectNeed('lead', lead, [])] : []),
    ],
    sections: Object.fromEntries(sections),
  };
}

function objectNeed(
  record: ObjectNeed['record'],
  { object, keyField, write }: Mapping['account'],
  read: Mapping['deal']['read'],
): ObjectNeed {
  return {
    record,
    object,
    keyField,
    writes: write.map(neededWrite),
    reads: read.map(({ from, optional }) => ({ field: from, optional })),
  };
}

function neededWrite({ to, value, when, optional }: WriteRow): NeededWrite {
  return {
    field: to,
    ...(value === undefined ? {} : { constant: value }),
    changes: when === 'always',
    optional,
  };
}

import type { RecordRules } from './contract.ts';

/** A contact's full name is put together from its parts. */
export const contactRules: RecordRules = {
  derive(_org, values, before) {
    const part = (name: string) => (values[name] === undefined ? before?.[name] : values[name]) ?? '';
    values['Name'] = `${part('FirstName')} ${part('LastName')}`.trim();
  },
};

import { recordId, recordNumber } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';

const PREFIXES: Readonly<Record<string, string>> = {
  BusinessProcess: '019',
  CustomField: '00N',
  CustomObject: '01I',
  CustomTab: '01r',
  ConnectedApp: '0H4',
  Layout: '00h',
  PlatformEventChannelMember: '0v8',
  RecordType: '012',
  ValidationRule: '03d',
};

/** The next id of a type: higher than any that is in use, also after a restart. */
export function nextId(sandbox: Sandbox, type: string): string {
  const prefix = PREFIXES[type] ?? '00X';
  const highest = sandbox.metadata
    .list(type)
    .reduce((last, component) => Math.max(last, recordNumber(component.id)), 0);
  return recordId(prefix, highest + 1);
}

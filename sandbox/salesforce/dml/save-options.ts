import type { IncomingHttpHeaders } from 'node:http';
import type { SaveOptions } from '../store/transaction.ts';

/** Reads `Sforce-Duplicate-Rule-Header: allowSave=true; includeRecordDetails=true`, separated by commas or semicolons. */
export function readSaveOptions(headers: IncomingHttpHeaders, version: string): SaveOptions {
  const text = headers['sforce-duplicate-rule-header'];
  if (text === undefined) return { allowDuplicates: false, includeRecordDetails: false, version };
  const asked = new Set(
    String(text)
      .split(/[,;]/)
      .map((part) => part.replace(/\s/g, '').toLowerCase()),
  );
  return {
    allowDuplicates: asked.has('allowsave=true'),
    includeRecordDetails: asked.has('includerecorddetails=true'),
    version,
  };
}

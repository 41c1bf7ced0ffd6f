import type { Row, Value } from '../../store/row.ts';
import type { DuplicateRule } from './duplicate-rule.ts';

type How = DuplicateRule['fields'][number]['how'];

/** What two records must have in common to match by a rule; undefined when a field of the rule is blank, which matches nothing. */
export function matchKey(rule: DuplicateRule, row: Row, side: 'record' | 'searched'): string | undefined {
  const parts: string[] = [];
  for (const { field, matchField, how } of rule.fields) {
    const part = normalise(how, row[side === 'record' ? field : (matchField ?? field)]);
    if (part === '') return undefined;
    parts.push(part);
  }
  return parts.join('\u0000');
}

function normalise(how: How, value: Value | undefined): string {
  return value === undefined ? '' : FORMS[how](String(value).toLowerCase());
}

const LEGAL_FORMS =
  /\b(inc|incorporated|corp|corporation|co|company|llc|llp|ltd|limited|plc|gmbh|ag|sa|sarl|bv|nv|oy|ab|srl|spa)\b/g;

const FORMS: Record<How, (text: string) => string> = {
  exact: (text) => text.trim(),
  email: (text) => text.trim(),
  name: (text) =>
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/&/g, ' and ')
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .replace(LEGAL_FORMS, ' ')
      .replace(/^\s*the\s+/, '')
      .replace(/\s+/g, ' ')
      .trim(),
  website: (text) =>
    text
      .trim()
      .replace(/^[a-z]+:\/\//, '')
      .replace(/^www\./, '')
      .replace(/[/?#:].*$/, ''),
  // Ten digits are a number without its country code, which many leave out.
  phone: (text) => text.replace(/\D/g, '').replace(/^0+/, '').slice(-10),
};

import type { FoundRecord } from '../crm/matching.ts';
import { coreWords, nameForms } from './company-name.ts';
import { companyDomain } from './reference-keys.ts';
import type { MatchSubject } from './score-candidates.ts';

/**
 * Which of the found records are worth comparing with which wanted one: those that share a mark. Without this 600 wanted
 * and thousands of found ones would be compared pair by pair.
 * @returns wanted key → records, none of them twice
 */
export function pairCandidates(
  subjects: readonly MatchSubject[],
  records: readonly FoundRecord[],
): Map<string, FoundRecord[]> {
  const byMark = new Map<string, FoundRecord[]>();
  for (const record of new Map(records.map((one) => [one.crmId, one])).values()) {
    for (const mark of marksOfRecord(record)) {
      const sharing = byMark.get(mark);
      if (sharing) sharing.push(record);
      else byMark.set(mark, [record]);
    }
  }
  return new Map(
    subjects.map((subject) => {
      const near = new Set(marksOfSubject(subject).flatMap((mark) => byMark.get(mark) ?? []));
      return [subject.key, [...near]];
    }),
  );
}

function marksOfRecord({ key, name, website, email, fields }: FoundRecord): string[] {
  const ids = Object.values(fields).filter((value) => typeof value === 'string' && value !== '');
  return [
    ...(key === null ? [] : [`key:${key}`]),
    ...nameMarks(name),
    ...(companyDomain(website) === null ? [] : [`domain:${companyDomain(website) ?? ''}`]),
    ...(email === null ? [] : [`email:${email.trim().toLowerCase()}`]),
    ...ids.map((value) => `id:${String(value).trim().toLowerCase()}`),
  ];
}

function marksOfSubject(subject: MatchSubject): string[] {
  const domain = subject.domain ?? subject.mailDomain;
  return [
    `key:${subject.key}`,
    ...(subject.name === null || subject.kind === 'contact' ? [] : nameMarks(subject.name)),
    ...(domain === null ? [] : [`domain:${domain}`]),
    ...(subject.email === null ? [] : [`email:${subject.email.trim().toLowerCase()}`]),
    ...Object.values(subject.ids).map((value) => `id:${value.trim().toLowerCase()}`),
  ];
}

/** The forms that are the same name, and the first word, under which similar ones are. */
function nameMarks(name: string): string[] {
  const first = coreWords(name)[0];
  return [
    ...[...nameForms(name)].map((form) => `name:${form}`),
    ...(first === undefined ? [] : [`word:${first}`]),
  ];
}

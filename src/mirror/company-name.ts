import { commonLegalForms, leadingForms, legalFormsOf } from './legal-forms.ts';

/**
 * The forms under which a company's name is compared: without case, accents, punctuation, spacing, "The" and legal form.
 * Two names are the same when they share one; several, because Müller is also written Mueller.
 */
export function nameForms(name: string): ReadonlySet<string> {
  const digraphs = name.replace(/[äöüÄÖÜ]/g, (letter) => umlauts[letter.toLowerCase()] ?? letter);
  return new Set([name, digraphs].map((text) => coreWords(text).join('')).filter((form) => form !== ''));
}

/** The words that tell a company from others, lower case. A name of nothing else ("The Company Ltd") keeps them all. */
export function coreWords(name: string): string[] {
  const words = wordsOf(name);
  let end = words.length;
  while (end > 1 && isLegalEnding(words, end)) end -= 1;
  const start = end > 1 && leadingForms.has(words[0] ?? '') ? 1 : 0;
  const core = words.slice(start, end);
  const saysNothing = core.join('').length < 2 || core.every((word) => legalWords.has(word));
  return saysNothing ? words : core.map((word) => longForms[word] ?? word);
}

function isLegalEnding(words: readonly string[], end: number): boolean {
  const last = words[end - 1] ?? '';
  // "Sp. k." ends in a form, "Special K" in a letter.
  if (last.length === 1) return legalWords.has(last) && legalWords.has(words[end - 2] ?? '');
  if (legalWords.has(last)) return true;
  // "Gekko & Co", "Weber und Söhne GmbH & Co. KG": an "and" that nothing follows any more.
  return last === 'and' && end < words.length;
}

function wordsOf(name: string): string[] {
  const plain = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[ßøæœłđð]/g, (letter) => foldings[letter] ?? letter)
    // S.A., d.o.o., A/S are one word each; O'Neil and McDonald's, too.
    .replace(
      /(?<![\p{L}\p{N}])(?:\p{L}[./]\s?){1,}\p{L}?(?![\p{L}\p{N}])/gu,
      (dotted) => `${dotted.replace(/[./\s]/g, '')} `,
    )
    .replace(/['’`´]/g, '')
    .replace(/(?<=\s|^)(?:&|\+|und|et|y|e|en|og|och)(?=\s|$)/gu, ' and ')
    .replace(/&/g, ' and ')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
  return plain === '' ? [name.trim().toLowerCase()].filter((word) => word !== '') : plain.split(' ');
}

const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };
const letterOf: Readonly<Record<string, string>> = { ae: 'ä', oe: 'ö', ue: 'ü' };
const foldings: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ł: 'l',
  đ: 'd',
  ð: 'd',
};
const longForms: Readonly<Record<string, string>> = {
  intl: 'international',
  bros: 'brothers',
  mfg: 'manufacturing',
  grp: 'group',
  svcs: 'services',
  univ: 'university',
  assoc: 'associates',
};

const legalWords: ReadonlySet<string> = new Set([
  ...[...Object.values(legalFormsOf).flat(), ...commonLegalForms]
    .flatMap(wordsOf)
    .filter((word) => word !== 'and'),
  ...['incorporated', 'gesmbh', 'aktiengesellschaft', 'publ', 'private', 'pvt', 'pte', 'pty'],
]);

/** How alike two names are, 0 to 1: shared pairs of letters of what tells them apart (Dice). */
export function nameLikeness(one: string, other: string): number {
  const [a, b] = [pairsOf(coreWords(one).join(' ')), pairsOf(coreWords(other).join(' '))];
  if (a.length === 0 || b.length === 0) return 0;
  const rest = [...b];
  const shared = a.filter((pair) => {
    const at = rest.indexOf(pair);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
  return (2 * shared.length) / (a.length + b.length);
}

function pairsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_none, index) => text.slice(index, index + 2));
}

const mostSpellings = 20;
const mostForms = 8;

/**
 * The spellings by which a CRM is asked for a name: as given, without and with "The" and the legal forms of its country,
 * "&" and "and", without accents. A CRM compares whole values, in any case.
 */
export function spellingsOf(name: string, country: string | null): string[] {
  const given = name.trim().replace(/\s+/g, ' ');
  const bare = bareName(given);
  const local = (country === null ? undefined : legalFormsOf[country]) ?? [];
  // Companies trade abroad under the form of their home.
  const forms = [...new Set([...local.slice(0, 5), ...commonLegalForms])].slice(0, mostForms);
  const joined = / & | and /i.test(bare) ? [otherAnd(bare)] : [];
  const others = [...joined, ...otherHyphens(bare), ...otherLetters(bare, country)];
  const spellings = [
    name.trim(),
    given,
    bare,
    ...others,
    ...[bare, ...others].flatMap((base, index) =>
      forms.slice(0, index === 0 ? mostForms : 1).map((form) => `${base} ${form}`),
    ),
    ...forms.slice(0, 1).map((form) => `${bare}, ${form}`),
    ...(/^the /i.test(given) ? [] : [`The ${bare}`]),
  ];
  const seen = new Map(spellings.map((spelling) => [spelling.toLowerCase(), spelling]));
  return [...seen.values()].filter((spelling) => spelling !== '').slice(0, mostSpellings);
}

/** The name as written, without "The" and legal form. */
function bareName(given: string): string {
  const words = given.split(' ');
  const wanted = coreWords(given).join('');
  for (let end = words.length; end > 0; end -= 1) {
    for (const start of [1, 0]) {
      if (start >= end) continue;
      const part = words
        .slice(start, end)
        .join(' ')
        .replace(/[,;&\s]+$/, '');
      if (
        part.length < given.length &&
        coreWords(part).join('') === wanted &&
        wordsOf(part).join('') === wanted
      )
        return part;
    }
  }
  return given;
}

const germanSpeaking: ReadonlySet<string> = new Set(['Germany', 'Austria', 'Switzerland', 'Liechtenstein']);

/** Without accents, with ae for ä, and in German-speaking countries with ä for ae. */
function otherLetters(bare: string, country: string | null): string[] {
  const folded = bare.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  const digraphs = bare.replace(/[äöüÄÖÜ]/g, (letter) => umlauts[letter.toLowerCase()] ?? letter);
  const accented = germanSpeaking.has(country ?? '')
    ? bare.replace(/ae|oe|ue/gi, (pair) => letterOf[pair.toLowerCase()] ?? pair)
    : bare;
  return [...new Set([folded, digraphs, accented])].filter((spelling) => spelling !== bare);
}

/** "Xx-holding" is also written Xx holding and Xxholding; of names of more words nobody knows where. */
function otherHyphens(bare: string): string[] {
  const [first, second, ...more] = bare.split(/[-\s]/);
  if (!first || !second || more.length > 0) return [];
  return ['-', ' ', '']
    .map((between) => `${first}${between}${second}`)
    .filter((spelling) => spelling !== bare);
}

function otherAnd(bare: string): string {
  return / & /.test(bare) ? bare.replaceAll(' & ', ' and ') : bare.replace(/ and /gi, ' & ');
}

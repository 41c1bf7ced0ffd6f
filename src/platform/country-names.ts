/**
 * Country names in English by ISO 3166 code and by name, from the runtime's own CLDR data: CRMs show names, and
 * two spellings of one country would make two accounts of one company.
 */
const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Everyday names that CLDR does not list. */
const alsoSaid: ReadonlyArray<readonly [string, string]> = [
  ['usa', 'US'],
  ['united states of america', 'US'],
  ['uk', 'GB'],
  ['great britain', 'GB'],
  ['turkey', 'TR'],
  ['türkiye', 'TR'],
  ['czech republic', 'CZ'],
];

/** Codes CLDR names although they are no country: unknown, European Union, pseudo-locales, United Nations… */
const noCountries = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);

const byName = new Map<string, string>();
for (const code of twoLetterCodes()) {
  const name = noCountries.has(code) ? undefined : names.of(code);
  if (name === undefined) continue;
  byName.set(name.toLowerCase(), name);
  byName.set(code.toLowerCase(), name);
}
for (const [said, code] of alsoSaid) byName.set(said, names.of(code) ?? code);

/** "de", "Germany", "USA" → the English name; undefined when no country is meant. */
export function countryName(text: string): string | undefined {
  return byName.get(text.trim().toLowerCase());
}

function twoLetterCodes(): string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return letters.flatMap((first) => letters.map((second) => first + second));
}

/** Languages in which people write countries into a CRM. */
const languages = ['de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'sv', 'da', 'nb', 'fi', 'cs', 'tr', 'ja'];
let byAnyName: Map<string, string> | undefined;

/** The same for what people typed in their own language: "Deutschland", "España" → the English name. */
export function countryInAnyLanguage(text: string): string | undefined {
  return countryName(text) ?? (byAnyName ??= namesInAllLanguages()).get(text.trim().toLowerCase());
}

function namesInAllLanguages(): Map<string, string> {
  const found = new Map<string, string>();
  const codes = twoLetterCodes().filter((code) => !noCountries.has(code) && names.of(code) !== undefined);
  for (const language of languages) {
    const local = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of codes) {
      const said = local.of(code)?.toLowerCase();
      if (said !== undefined && !byName.has(said)) found.set(said, names.of(code) ?? code);
    }
  }
  return found;
}

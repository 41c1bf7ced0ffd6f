/** One of HubSpot's published APIs: where its specs lie in the collection, and which version of it is checked. */
export interface NeededApi {
  /** Folder below `PublicApiSpecs`, e.g. `CRM/Deals`. */
  folder: string;
  version: string;
  /** Names under which the API answers too: the specs spell `0-3`, the vendor's client `deals` (facts: Paths [T]). */
  alias?: { spelled: string; also: string };
}

/** Versions that a run can be about: the paths HubSpot retires in 2027, and their dated twins. */
export const VERSIONS = ['v3', '2026-03'] as const;
export type ApiVersion = (typeof VERSIONS)[number];

const DATED = '2026-03';

/** [folder, version of the old paths, whether there is a dated twin]. */
const ROWS: readonly [folder: string, legacy: readonly string[], dated: boolean][] = [
  ['CRM/Deals', ['v3'], true],
  ['CRM/Companies', ['v3'], true],
  ['CRM/Contacts', ['v3'], true],
  ['CRM/Line Items', ['v3'], true],
  ['CRM/Notes', ['v3'], true],
  ['CRM/Properties', ['v3'], true],
  ['CRM/Pipelines', ['v3'], true],
  ['CRM/Associations', ['v4'], true],
  ['CRM/Associations Schema', ['v4'], true],
  ['CRM/Crm Owners', ['v3'], true],
  ['Account/Account Info', ['v3'], true],
  ['Settings/Multicurrency', ['v3'], true],
  ['Auth/Oauth', ['v1', 'v3'], true],
  ['Webhooks/Webhooks', ['v3'], true],
  ['Webhooks Journal/Webhooks Journal', [], true],
];

/** Everything Tributary and its local HubSpot speak. */
export function neededApis(): NeededApi[] {
  return ROWS.flatMap(([folder, legacy, dated]) =>
    [...legacy, ...(dated ? [DATED] : [])].map((version) => {
      return folder === 'CRM/Deals'
        ? { folder, version, alias: { spelled: '0-3', also: 'deals' } }
        : { folder, version };
    }),
  );
}

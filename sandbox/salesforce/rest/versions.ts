/** Oldest and newest REST API version this org answers to. */
export const OLDEST_VERSION = 45;
export const NEWEST_VERSION = 66;

const SEASONS = ['Spring', 'Summer', 'Winter'] as const;

/** Whether `62.0` is a version of this org. */
export function isVersion(version: string): boolean {
  const major = Number(version.slice(0, -2));
  return /^\d\d\.0$/.test(version) && major >= OLDEST_VERSION && major <= NEWEST_VERSION;
}

/** The answer to `GET /services/data`. */
export function listVersions(): { version: string; label: string; url: string }[] {
  const versions = [];
  for (let major = OLDEST_VERSION; major <= NEWEST_VERSION; major += 1) {
    const version = `${major}.0`;
    versions.push({ version, label: releaseName(major), url: `/services/data/v${version}` });
  }
  return versions;
}

/** Three releases a year; version 45 was Spring '19, and a Winter release bears the next year's number. */
function releaseName(major: number): string {
  const since = major - OLDEST_VERSION;
  const season = SEASONS[since % 3] ?? 'Spring';
  const year = 19 + Math.floor(since / 3) + (season === 'Winter' ? 1 : 0);
  return `${season} '${year}`;
}

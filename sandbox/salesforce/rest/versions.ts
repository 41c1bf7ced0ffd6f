/** Oldest and newest REST API version this org answers to: older ones are retired at the vendor. */
export const OLDEST_VERSION = 31;
export const NEWEST_VERSION = 66;

const SEASONS = ['Spring', 'Summer', 'Winter'] as const;

/** Whether `62.0` is a version of this org. */
export function isVersion(version: string): boolean {
  const major = Number(version.slice(0, -2));
  return /^\d\d\.0$/.test(version) && major >= OLDEST_VERSION && major <= NEWEST_VERSION;
}

/** Whether a version was once there: the vendor answers for those with 410, for what never was with 404. */
export function isRetired(version: string): boolean {
  return /^\d\d?\.0$/.test(version) && Number.parseInt(version, 10) < OLDEST_VERSION && version !== '0.0';
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

/** Three releases a year; version 30 was Spring '14, and a Winter release bears the next year's number. */
function releaseName(major: number): string {
  const since = major - 30;
  const season = SEASONS[since % 3] ?? 'Spring';
  const year = 14 + Math.floor(since / 3) + (season === 'Winter' ? 1 : 0);
  return `${season} '${year}`;
}

import { FORECAST_CATEGORIES, FORECAST_CATEGORY_NAMES } from './picklists.ts';

/** One opportunity stage of the org. */
export interface Stage {
  name: string;
  /** 0 to 100. */
  probability: number;
  closed: boolean;
  won: boolean;
  active: boolean;
  forecastCategory: (typeof FORECAST_CATEGORIES)[number];
}

type Row = [
  name: string,
  probability: number,
  category: Stage['forecastCategory'],
  end?: 'won' | 'lost' | 'retired',
];

const FRESH: Row[] = [
  ['Prospecting', 10, 'Pipeline'],
  ['Qualification', 10, 'Pipeline'],
  ['Needs Analysis', 20, 'Pipeline'],
  ['Value Proposition', 50, 'Pipeline'],
  ['Id. Decision Makers', 60, 'Pipeline'],
  ['Perception Analysis', 70, 'Pipeline'],
  ['Proposal/Price Quote', 75, 'Pipeline'],
  ['Negotiation/Review', 90, 'Pipeline'],
  ['Closed Won', 100, 'Closed', 'won'],
  ['Closed Lost', 0, 'Omitted', 'lost'],
];

// An org whose administrators speak another language: nothing here can be matched by label.
const RENAMED: Row[] = [
  ['Erstkontakt', 10, 'Pipeline'],
  ['Bedarf geklärt', 30, 'Pipeline'],
  ['Angebot', 60, 'BestCase'],
  ['Verhandlung', 90, 'Forecast'],
  ['Gewonnen', 100, 'Closed', 'won'],
  ['Closed Won', 50, 'Pipeline', 'retired'],
  ['Verloren', 0, 'Omitted', 'lost'],
];

/** The ten stages of a fresh org. */
export const FRESH_STAGES: readonly Stage[] = FRESH.map(stage);

/** Stages of the preset `renamed-stages`: the won stage has another name, and an inactive open stage bears the old one. */
export const RENAMED_STAGES: readonly Stage[] = RENAMED.map(stage);

/** The name people see for a forecast category's API value. */
export function forecastCategoryName(category: Stage['forecastCategory']): string {
  return FORECAST_CATEGORY_NAMES[FORECAST_CATEGORIES.indexOf(category)] ?? category;
}

function stage([name, probability, forecastCategory, end]: Row): Stage {
  return {
    name,
    probability,
    forecastCategory,
    won: end === 'won',
    closed: end === 'won' || end === 'lost',
    active: end !== 'retired',
  };
}

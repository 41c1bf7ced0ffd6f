import type { OrgSettings } from '../org-settings.ts';
import type { Flow } from './automation/flow.ts';
import type { Trigger } from './automation/trigger.ts';
import type { DuplicateRule } from './duplicates/duplicate-rule.ts';
import type { ValidationRule } from './validation-rule.ts';

/** What an administrator set up for one object. */
export interface OrgRules {
  beforeSave: readonly Flow[];
  afterSave: readonly Flow[];
  triggers: readonly Trigger[];
  validation: readonly ValidationRule[];
  duplicates: readonly DuplicateRule[];
}

const NONE: OrgRules = { beforeSave: [], afterSave: [], triggers: [], validation: [], duplicates: [] };
const sorted = new WeakMap<OrgSettings, Map<string, OrgRules>>();

/** The rules of an object, worked out once per change of the settings. Most objects of most orgs have none: then undefined. */
export function orgRulesOf(settings: OrgSettings, objectName: string): OrgRules | undefined {
  let byObject = sorted.get(settings);
  if (byObject === undefined) {
    byObject = sortRules(settings);
    sorted.set(settings, byObject);
  }
  return byObject.get(objectName);
}

function sortRules(settings: OrgSettings): Map<string, OrgRules> {
  const { flows, triggers, validationRules, duplicateRules } = settings;
  const objects = new Set([
    ...[...flows, ...triggers, ...validationRules, ...duplicateRules].map((rule) => rule.object),
    // Records of the searched object have to be found later, too.
    ...duplicateRules.flatMap((rule) => rule.matchObject ?? []),
  ]);
  return new Map([...objects].map((name) => [name, rulesFor(settings, name)]));
}

function rulesFor({ flows, triggers, validationRules, duplicateRules }: OrgSettings, name: string): OrgRules {
  const own = <T extends { object: string; active: boolean }>(rules: readonly T[]) =>
    rules.filter((rule) => rule.active && rule.object === name);
  return {
    ...NONE,
    beforeSave: own(flows).filter((flow) => flow.save === 'before'),
    afterSave: own(flows).filter((flow) => flow.save === 'after'),
    triggers: own(triggers),
    validation: own(validationRules),
    duplicates: duplicateRules.filter(
      (rule) => rule.active && (rule.object === name || rule.matchObject === name),
    ),
  };
}

import type { Guard } from './guard.ts';

const plan = 'connectors/salesforce/provision';

export const guards: readonly Guard[] = [
  {
    never: 'A dry run of provisioning changes nothing in the org.',
    file: 'src/cli/provision.ts',
    find: 'if (open.length > 0 && !flags.dryRun) {',
    without: 'if (open.length > 0) {',
    test: 'test/e2e/provisioning.test.ts',
  },
  {
    never: 'A field that is there and does not fit is never altered.',
    file: `${plan}/plan-fields.ts`,
    find: `  return {
    item: {
      item,
      state: 'differs',
      found: difference,`,
    without: `  return {
    act: ({ metadata, options }) => metadata.update('CustomField', name, component.content, options()),
    item: {
      item,
      state: 'differs',
      found: difference,`,
    test: `${plan}/provision.test.ts`,
  },
  {
    never: 'A permission set that Tributary did not make is never altered.',
    file: `${plan}/plan-permissions.ts`,
    find: 'if (isOurs(found)) {',
    without: 'if (isOurs(found) || !isOurs(found)) {',
    test: `${plan}/provision.test.ts`,
  },
  {
    never: 'Deprovisioning removes no field that Tributary did not make.',
    file: `${plan}/plan-removal.ts`,
    find: 'const item = `field ${name}`;\n    if (!isOurs(content)) {',
    without: 'const item = `field ${name}`;\n    if (!isOurs(content) && name === item) {',
    test: `${plan}/removal.test.ts`,
  },
  {
    never: 'Deprovisioning takes back no selection of change events that an earlier run did not make.',
    file: `${plan}/plan-removal.ts`,
    find: 'for (const item of made) {',
    without: "for (const item of [...made, changeEventsItem('Opportunity')]) {",
    test: `${plan}/removal.test.ts`,
  },
  {
    never: 'Deprovisioning does not begin while deals are being mirrored, unless that is said twice.',
    file: 'src/cli/provision.ts',
    find: 'if (isLive && !flags.dryRun && !flags.evenIfLive) {',
    without: 'if (isLive && flags.dryRun && !flags.evenIfLive) {',
    test: 'test/e2e/provisioning.test.ts',
  },
  {
    never:
      'What .env got wrong, such as another org’s id, is never kept by provisioning that could not begin.',
    file: 'src/app/provisioning/open-provisioner.ts',
    find: '    await undo();\n',
    without: '',
    test: 'src/app/authorization/set-up-connection.test.ts',
  },
];

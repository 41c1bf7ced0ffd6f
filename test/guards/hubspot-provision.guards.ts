import type { Guard } from './guard.ts';

const folder = 'connectors/hubspot/provision';

export const guards: readonly Guard[] = [
  {
    never: 'A HubSpot property that is there and does not fit is never altered or made again.',
    file: `${folder}/plan-properties.ts`,
    find: "if (difference) return { item: { item, state: 'differs', ...difference } };",
    without: "if (difference) return { item: { item, state: 'exists', found: 'fits' } };",
    test: `${folder}/provision.test.ts`,
  },
  {
    never: 'No eleventh property with unique values is asked of HubSpot.',
    file: `${folder}/plan-properties.ts`,
    find: 'if (left <= 0) return noneLeft(item, object);',
    without: 'if (left <= -100) return noneLeft(item, object);',
    test: `${folder}/provision.test.ts`,
  },
  {
    never: 'A webhook target that something else uses is never pointed elsewhere.',
    file: `${folder}/plan-webhooks.ts`,
    find: 'if (found.targetUrl === null)',
    without: 'if (found.targetUrl !== targetUrl)',
    test: `${folder}/provision.test.ts`,
  },
  {
    never: 'A subscription is never made without being active: it would send nothing.',
    file: `${folder}/app-webhooks.ts`,
    find: '{ ...wanted, active: true }',
    without: '{ ...wanted }',
    test: `${folder}/provision.test.ts`,
  },
  {
    never: 'Nothing is begun in HubSpot that the token may not do.',
    file: `${folder}/within-scopes.ts`,
    find: 'return lacking.length === 0 ? step : left(step, lacking);',
    without: 'return lacking.length >= 0 ? step : left(step, lacking);',
    test: `${folder}/provision.test.ts`,
  },
  {
    never: 'Deprovisioning removes no HubSpot property that Tributary did not make.',
    file: `${folder}/plan-removal.ts`,
    find: "if (!isMarked(found)) return [stays(item, 'was not made by Tributary')];",
    without: "if (!isMarked(found) && item === '') return [stays(item, 'was not made by Tributary')];",
    test: `${folder}/removal.test.ts`,
  },
  {
    never: 'Deprovisioning removes no association label that an earlier run did not make.',
    file: `${folder}/plan-removal.ts`,
    find: 'if (!made.has(partnerLabelItem))',
    without: "if (!made.has(partnerLabelItem) && made.has(''))",
    test: `${folder}/removal.test.ts`,
  },
  {
    never: 'Deprovisioning removes no webhook subscription that an earlier run did not make.',
    file: `${folder}/plan-removal.ts`,
    find: '.filter((one) => made.has(subscriptionItem(one)))',
    without: ".filter((one) => made.has(subscriptionItem(one)) || one.id !== '')",
    test: `${folder}/removal.test.ts`,
  },
  {
    never: "The developer's key is never in an error.",
    file: 'connectors/hubspot/developer-call.ts',
    find: 'fromNoAnswer(new NoAnswer(failure.reason), site)',
    without: 'fromNoAnswer(failure, site)',
    test: `${folder}/provision.test.ts`,
    testName: 'never says the developer',
  },
  {
    never: "An administrator's token is never stored.",
    file: 'src/app/provisioning/open-provisioner.ts',
    find: 'return { context: { ...own, credentials, saveCredentials: () => Promise.resolve() }, close };',
    without:
      'await own.saveCredentials(credentials);\n  return { context: { ...own, credentials, saveCredentials: () => Promise.resolve() }, close };',
    test: 'test/hubspot/provision-command.test.ts',
    testName: 'acts with the administrator',
  },
  {
    never: 'A new deal never starts in another pipeline because the one of the mapping is gone.',
    file: 'src/app/fit-org.ts',
    find: 'faults.push(...start.faults);',
    without: 'faults.push(...start.faults.slice(start.faults.length));',
    test: 'src/app/fit-pipelines.test.ts',
  },
];

import type {
  Needs,
  PlanItem,
  ProvisionChoice,
  ProvisionPlan,
  StepOptions,
} from '../../../src/crm/provisioning.ts';
import type { Hands, Step } from './hands.ts';
import { packageFiles } from './package-files.ts';
import { planChangeEvents } from './plan-change-events.ts';
import { planFields } from './plan-fields.ts';
import { planLayouts } from './plan-layouts.ts';
import { planPermissions } from './plan-permissions.ts';
import { planValues } from './plan-values.ts';

/** Looks at the org and says what it lacks, in the order in which it can be made: what is referred to comes first. */
export async function planSteps(hands: Hands, needs: Needs, choice: ProvisionChoice): Promise<Step[]> {
  return [
    ...(await planFields(hands, needs)),
    ...(await planValues(hands, needs)),
    ...(await planLayouts(hands, needs, choice.layouts)),
    ...(await planPermissions(hands, needs, choice.runsAs)),
    ...(await planChangeEvents(hands, needs)),
  ];
}

/** Steps as the plan that is shown and carried out. */
export async function asPlan(
  steps: readonly Step[],
  handsFor: (options: StepOptions) => Hands,
  hands: Hands,
  actsAs: string,
): Promise<ProvisionPlan> {
  const { organizationId } = await hands.client.sessions.current(
    { stage: 'provision', write: false },
    hands.options(),
  );
  return {
    accountId: organizationId,
    actsAs,
    items: steps.map(({ item }) => item),
    carryOut: (done, options) => carryOut(steps, handsFor(options), done),
    files: () => packageFiles(steps.flatMap(({ component }) => (component ? [component] : []))),
  };
}

async function carryOut(
  steps: readonly Step[],
  hands: Hands,
  done: (item: PlanItem) => Promise<void>,
): Promise<void> {
  for (const { item, act } of steps) {
    if (!act) continue;
    await act(hands);
    await done(item);
  }
}

import type {
  Needs,
  PlanItem,
  ProvisionPlan,
  StepOptions,
  WebhookWish,
} from '../../../src/crm/provisioning.ts';
import type { Hands, Step } from './hands.ts';
import { neededProperties } from './needed-properties.ts';
import { planPartnerLabel } from './partner-label.ts';
import { planProperties } from './plan-properties.ts';
import { planWebhooks, type WebhookApp } from './plan-webhooks.ts';
import { withinScopes } from './within-scopes.ts';
import { readPortal } from './read-portal.ts';

/** Looks at the portal and says what it lacks, in the order in which it can be made: groups before what stands in them. */
export async function planSteps(
  hands: Hands,
  app: WebhookApp,
  needs: Needs,
  wish: WebhookWish,
): Promise<Step[]> {
  const { defined, others } = neededProperties(needs);
  const portal = await readPortal(
    hands,
    [...defined, ...others].map(({ object }) => object),
  );
  const portalSteps = [...planProperties(portal, needs), ...(await planPartnerLabel(hands))];
  return [...(await withinScopes(hands, portalSteps)), ...(await planWebhooks(hands, app, needs, wish))];
}

/** Steps as the plan that is shown and carried out. */
export function asPlan(
  steps: readonly Step[],
  who: { accountId: string; actsAs: string },
  handsFor: (options: StepOptions) => Hands,
): ProvisionPlan {
  return {
    ...who,
    items: steps.map(({ item }) => item),
    carryOut: (done, options) => carryOut(steps, handsFor(options), done),
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

import type { PlanItem, ProvisionPlan } from '../../crm/provisioning.ts';
import type { Application } from '../open-application.ts';
import { forgetMade, listMade, rememberMade } from './made-items.ts';
import { explain, ProvisioningRefused, type OpenedProvisioner } from './open-provisioner.ts';

/** A plan with what is to be done to the connection's memory when an item of it is done. */
export interface PlannedWork {
  plan: ProvisionPlan;
  carryOut(tell: (item: PlanItem) => void): Promise<void>;
}

/** What the mapping needs and the CRM lacks. Reads only. */
export async function planProvisioning(
  app: Application,
  opened: OpenedProvisioner,
  layouts: readonly string[],
): Promise<PlannedWork> {
  const { provisioner, needs, runsAs, webhooks, options, row } = opened;
  const plan = await provisioner.plan(needs, { runsAs, layouts, webhooks }, options);
  requirePinned(opened, plan);
  return carriedOut(plan, opened, (item) =>
    rememberMade(app.db, row.id, item.item, plan.actsAs, app.clock.now()),
  );
}

/** What provisioning made and can take away. Reads only. */
export async function planDeprovisioning(app: Application, opened: OpenedProvisioner): Promise<PlannedWork> {
  const { provisioner, webhooks, options, row } = opened;
  const plan = await provisioner.planRemoval({ made: await listMade(app.db, row.id), webhooks }, options);
  requirePinned(opened, plan);
  const { carryOut } = carriedOut(plan, opened, () => Promise.resolve());
  const staying = plan.items.filter(({ state }) => state === 'stays').map(({ item }) => item);
  return {
    plan,
    async carryOut(tell) {
      await carryOut(tell);
      await forgetMade(app.db, row.id, staying);
    },
  };
}

/** A plan that stopped names the item it stopped at: what was told of before is done, and a new plan goes on. */
function carriedOut(
  plan: ProvisionPlan,
  { options, row }: OpenedProvisioner,
  record: (item: PlanItem) => Promise<void>,
): PlannedWork {
  return {
    plan,
    async carryOut(tell) {
      const open = plan.items.filter(isDoable).map(({ item }) => item);
      try {
        await plan.carryOut(async (item) => {
          await record(item);
          open.splice(open.indexOf(item.item), 1);
          tell(item);
        }, options);
      } catch (error) {
        throw new ProvisioningRefused(
          `Stopped at ${open[0] ?? 'the end'}: ${explain(error)}\nWhat is listed above is done. Run the command again to go on from there (${row.id}).`,
        );
      }
    },
  };
}

export function isDoable({ state }: PlanItem): boolean {
  return state === 'create' || state === 'extend' || state === 'remove';
}

/** An administrator of another org must not prepare that one by mistake. */
function requirePinned({ row }: OpenedProvisioner, plan: ProvisionPlan): void {
  if (row.pinnedAccountId === null || row.pinnedAccountId === plan.accountId) return;
  throw new ProvisioningRefused(
    `The login opens ${plan.accountId}, but ${row.label} is pinned to ${row.pinnedAccountId}. Nothing was changed.`,
  );
}

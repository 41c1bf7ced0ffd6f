import { z } from 'zod';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { objectType, typeOf, type ObjectType } from '../portal/object-types.ts';
import type { Portal } from '../portal/portal.ts';
import type { Author } from '../records/author.ts';
import type { Committed, RecordChange } from '../records/change.ts';
import { checkProperties, type RawProperties } from '../records/check-properties.ts';
import type { Ledger } from '../records/ledger.ts';
import type { CrmRecord } from '../records/record.ts';

/** Body of `POST /workflows` on the admin port: what edits records by itself. The list replaces the one before. */
export const workflowsSchema = z.array(
  z.object({
    /** Names it in histories and webhooks: `sourceId` is `enrollmentId:…;flow:<id>`-like, unconfirmed. */
    id: z.string().default('1'),
    object: z.string().default('deals'),
    /** Runs when a record is made, or when one of these properties changes. */
    on: z.union([z.literal('create'), z.array(z.string()).min(1)]).default('create'),
    set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
);
export type Workflow = z.infer<typeof workflowsSchema>[number];

/** What a workflow sees and changes. */
interface WorkflowParts {
  portal: Portal;
  ledger: Ledger;
  clock: SandboxClock;
}

/** HubSpot's own workflows: they edit records after somebody else did, under their own source. */
export interface Workflows {
  set(workflows: readonly Workflow[]): void;
  list(): readonly Workflow[];
  /** Runs what the changes set off. A workflow never sets off another, nor itself. */
  run(parts: WorkflowParts, changes: readonly Committed[]): void;
}

export function createWorkflows(): Workflows {
  let workflows: readonly Workflow[] = [];
  return {
    set(wanted) {
      workflows = wanted;
    },
    list: () => workflows,
    run(parts, changes) {
      if (workflows.length === 0) return;
      for (const change of changes) {
        if (change.kind !== 'record' || change.author.origin === 'automation') continue;
        if (change.author.origin === 'seed' || change.record.archivedAt !== undefined) continue;
        for (const workflow of workflows)
          if (isSetOff(workflow, change)) edit(parts, workflow, change.record);
      }
    },
  };
}

function isSetOff({ object, on }: Workflow, change: Extract<Committed, { kind: 'record' }>): boolean {
  if (objectType(object) !== typeOf(change.record.type)) return false;
  if (on === 'create') return change.op === 'create';
  return on.some((name) => name in change.changed);
}

/** Values that do not fit are left out, as a workflow's action that fails leaves the record as it is. */
function edit({ portal, ledger, clock }: WorkflowParts, workflow: Workflow, record: CrmRecord): void {
  const type = objectType(workflow.object) as ObjectType;
  const raw: RawProperties = workflow.set;
  const { values, calculated, faults } = checkProperties(portal, type.id, raw, record, clock.ms());
  if (faults.length > 0) return;
  const change: RecordChange = { op: 'update', type: type.id, id: record.id, values, calculated };
  ledger.commitRecords(authorOf(workflow), [change]);
}

function authorOf({ id }: Workflow): Author {
  return {
    origin: 'automation',
    client: '',
    requestId: '',
    sourceType: 'AUTOMATION_PLATFORM',
    sourceId: `enrollmentId:1;actionExecutionIndex:0;flowId:${id}`,
    sourceLabel: `Workflow ${id}`,
  };
}

import type { RecordWrite } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { ClaimedMirror, DealClaim } from '../src/mirror/claim-deals.ts';
import type { RenderedNote } from '../src/mapping/render-card.ts';
import type { DealResult } from '../src/mirror/deal-result.ts';
import type { Gate } from '../src/mirror/gate.ts';
import type { DealView } from '../src/mirror/load-views.ts';
import type { FieldMemory, Offers } from '../src/ownership/field-memory.ts';
import type { LateEdits } from '../src/ownership/late-edits.ts';
import type { WorkerContext } from './context.ts';

/** One deal on its way through a batch. `result` is set as soon as its outcome is known. */
export interface MirrorItem {
  mirror: ClaimedMirror;
  view: DealView;
  crmId: string | null;
  fresh: boolean;
  fields: RecordWrite['fields'];
  hash: string;
  /** What the deal's note should say; null = no note is wanted. */
  note: RenderedNote | null;
  /** What of the registration goes to fields that are (or become) the rep's, by field. */
  offers: Offers;
  /** What was sent of the deal before; null = nothing, or not known. */
  memory: FieldMemory | null;
  /** What the partner changed in fields that are the rep's. */
  edits: LateEdits | null;
  sent: 'upsert' | 'update' | null;
  /** Its fields are in the CRM for sure: only what links it is missing. */
  pushed: boolean;
  result: DealResult | null;
  /** Not sent, because the record's own products hold it: the field, with what it would have got. */
  withheld?: RecordWrite['fields'];
  /** A person's word lets it pass a duplicate rule, this once. */
  allowed?: true;
  /** Fields it went without while their rows were paused, and is given now. */
  owed?: readonly string[];
}

export interface MirrorBatch {
  /** Under this everything it writes is recorded, and can be taken back. */
  runId: string;
  context: WorkerContext;
  connection: WiredConnection;
  gate: Gate;
  claim: DealClaim;
  items: MirrorItem[];
}

/** Deals whose outcome is not known yet. */
export function waiting(batch: MirrorBatch): MirrorItem[] {
  return batch.items.filter((item) => item.result === null);
}

/** Stores, under the lease of the claim, what became of what was sent. */
export type RecordClaim = () => Promise<void>;

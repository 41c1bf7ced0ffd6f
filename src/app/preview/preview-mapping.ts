import type { FieldValue, Fields } from '../../crm/connector.ts';
import { evaluateRows, MappingError } from '../../mapping/evaluate.ts';
import { requireAbsentValues } from '../../mapping/fit.ts';
import { sameValue } from '../../mapping/same-value.ts';
import type { WiredConnection } from '../../mapping/wired-connection.ts';
import { mappingFor } from '../../mapping/written-lines.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { loadDealViews, type DealView } from '../../mirror/load-views.ts';
import type { Application } from '../open-application.ts';
import { fullView } from '../../../workers/prepare-deals.ts';
import type { Candidate } from '../configuration/fit-candidate.ts';
import { readMirrorsAfter, type PreviewedMirror } from './read-mirrors.ts';
import { refusalOf } from './refusals.ts';

/** One record that would be written, with each field from what is in the CRM now to what would be there. */
export interface PreviewedWrite {
  dealId: string;
  deal: string;
  crmId: string | null;
  changes: { field: string; from: FieldValue; to: FieldValue }[];
}

export interface PreviewedRefusal {
  dealId: string;
  deal: string;
  crmId: string | null;
  reason: string;
}

export interface Preview {
  /** Opportunities that exist and would be changed. */
  updates: number;
  /** Deals that are not in the CRM yet and would be created. */
  creations: number;
  unchanged: number;
  refused: number;
  /** Calls that writing would cost, at the vendor's batch size. */
  calls: number;
  /** How many records each field would change in. */
  fields: Record<string, number>;
  /** The first of each, up to the limit. */
  writes: PreviewedWrite[];
  refusals: PreviewedRefusal[];
}

/**
 * What a mapping that is not in force would write, compared with what the CRM holds at this moment. Reads only. Fields
 * that belong to the rep are not part of it: no mapping writes them again.
 */
export async function previewMapping(
  app: Application,
  connection: WiredConnection,
  candidate: Candidate,
  limit: number,
  progress: (done: number) => void,
): Promise<Preview> {
  const preview: Preview = {
    updates: 0,
    creations: 0,
    unchanged: 0,
    refused: 0,
    calls: 0,
    fields: {},
    writes: [],
    refusals: [],
  };
  const { readBatch, writeBatch } = connection.capabilities;
  let done = 0;
  for (let after = ''; ;) {
    const mirrors = await readMirrorsAfter(app.db, connection.id, after, readBatch);
    if (mirrors.length === 0) break;
    await previewBatch(app, { ...connection, mapping: candidate.fitted }, candidate, mirrors, preview, limit);
    done += mirrors.length;
    progress(done);
    after = mirrors.at(-1)?.dealId ?? '';
  }
  // A new mapping is part of every payload's hash, so what stays the same is sent once more, too.
  const existing = preview.updates + preview.unchanged;
  preview.calls = Math.ceil(existing / writeBatch) + Math.ceil(preview.creations / writeBatch);
  return preview;
}

async function previewBatch(
  app: Application,
  connection: WiredConnection,
  candidate: Candidate,
  mirrors: readonly PreviewedMirror[],
  preview: Preview,
  limit: number,
): Promise<void> {
  const views = await loadDealViews(app.db, connection.id, mirrors, app.clock.now(), publicUrlOf(app));
  const inCrm = await readCurrent(connection, mirrors);
  for (const mirror of mirrors) {
    const view = views.get(mirror.dealId);
    if (!view) continue;
    const current = mirror.crmId === null ? null : (inCrm.get(mirror.crmId) ?? null);
    count(preview, mirror, changesOf(connection, candidate, mirror, view, current), limit);
  }
}

type Outcome = { refused: string } | { changes: PreviewedWrite['changes'] };

function changesOf(
  connection: WiredConnection,
  candidate: Candidate,
  mirror: PreviewedMirror,
  view: DealView,
  current: Fields | null,
): Outcome {
  const mapping = mappingFor(connection.mapping, view);
  try {
    const source = fullView(connection, view);
    requireAbsentValues(mapping, 'deal', source);
    const fields = evaluateRows(mapping.deal.write, source, mirror.crmId === null);
    const changes = Object.entries(fields)
      .map(([field, to]) => ({ field, from: current?.[field] ?? null, to }))
      .filter(({ from, to }) => !sameValue(to, from));
    const refusals = changes.map(({ field, to }) =>
      refusalOf(candidate.objects.get(mapping.deal.object), field, to),
    );
    const refused = refusals.find((reason) => reason !== null);
    return refused ? { refused } : { changes };
  } catch (error) {
    if (error instanceof MappingError) return { refused: error.message };
    throw error;
  }
}

function count(preview: Preview, mirror: PreviewedMirror, outcome: Outcome, limit: number): void {
  const { dealId, deal, crmId } = mirror;
  if ('refused' in outcome) {
    preview.refused += 1;
    if (preview.refusals.length < limit)
      preview.refusals.push({ dealId, deal, crmId, reason: outcome.refused });
    return;
  }
  const { changes } = outcome;
  if (changes.length === 0) {
    preview.unchanged += 1;
    return;
  }
  if (crmId === null) preview.creations += 1;
  else preview.updates += 1;
  for (const { field } of changes) preview.fields[field] = (preview.fields[field] ?? 0) + 1;
  if (preview.writes.length < limit) preview.writes.push({ dealId, deal, crmId, changes });
}

async function readCurrent(
  connection: WiredConnection,
  mirrors: readonly PreviewedMirror[],
): Promise<Map<string, Fields>> {
  const ids = mirrors.flatMap(({ crmId }) => (crmId === null ? [] : [crmId]));
  if (ids.length === 0) return new Map();
  const { deal } = connection.mapping;
  const fields = deal.write.map(({ to }) => to);
  const options = { deadline: Date.now() + callTimeoutMs };
  const snapshots = await connection.connector.readDeals(deal.object, ids, fields, options);
  return new Map(snapshots.map((snapshot) => [snapshot.crmId, snapshot.fields]));
}

function publicUrlOf({ config }: Application): string {
  return config.http.publicUrl ?? `http://${config.http.host}:${config.http.port}`;
}

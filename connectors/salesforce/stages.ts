import type { CallOptions, Stage } from '../../src/crm/connector.ts';
import type { RememberRead } from '../../src/crm/remember-read.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { StageRow } from './schema.ts';
import { soql } from './soql.ts';

const TTL_MS = 5 * 60_000;

/** The org's opportunity stages. Stages are renamed and translated, so what they mean is read, never guessed (facts 1.9). */
export interface StageBook {
  /** Active stages in the org's order. */
  active(options: CallOptions): Promise<readonly Stage[]>;
  /** Every stage by API name, inactive ones too: history may name them. Read anew when one of `names` is missing. */
  knowing(names: Iterable<string>, options: CallOptions): Promise<ReadonlyMap<string, Stage>>;
}

interface Known {
  readAt: number;
  all: ReadonlyMap<string, Stage>;
  active: readonly Stage[];
}

/** @param remember for the very first read of this process: a worker that starts again and again asks no more than one that runs */
export function openStageBook(
  client: SalesforceClient,
  { clock, remember }: { clock: Clock; remember?: RememberRead },
): StageBook {
  let known: Known | null = null;

  async function fresh(options: CallOptions): Promise<Known> {
    const read = (): Promise<Known> => readStages(client, clock, options);
    known = known === null && remember ? await remember('stages', read) : await read();
    return known;
  }

  async function current(options: CallOptions): Promise<Known> {
    const age = known ? clock.now().getTime() - known.readAt : Infinity;
    return known && age >= 0 && age < TTL_MS ? known : fresh(options);
  }

  return {
    active: async (options) => (await fresh(options)).active,
    async knowing(names, options) {
      const book = await current(options);
      const missing = [...names].some((name) => !book.all.has(name));
      return missing ? (await fresh(options)).all : book.all;
    },
  };
}

async function readStages(client: SalesforceClient, clock: Clock, options: CallOptions): Promise<Known> {
  const fields = ['ApiName', 'MasterLabel', 'IsActive', 'IsClosed', 'IsWon', 'SortOrder'];
  const text = soql({ from: 'OpportunityStage', fields, orderBy: ['SortOrder'] });
  const rows = await query(client, StageRow, { stage: 'describe', write: false, soql: text }, options);
  const toStage = (row: (typeof rows)[number]): Stage => ({
    id: row.ApiName,
    label: row.MasterLabel,
    closed: row.IsClosed,
    won: row.IsWon,
    order: row.SortOrder,
  });
  return {
    readAt: clock.now().getTime(),
    all: new Map(rows.map((row) => [row.ApiName, toStage(row)])),
    active: rows.filter((row) => row.IsActive).map(toStage),
  };
}

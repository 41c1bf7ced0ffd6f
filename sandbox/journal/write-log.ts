import { createRingBuffer } from './ring-buffer.ts';

/** What happened to a record. */
export type WriteOp = 'create' | 'update' | 'delete' | 'undelete' | 'associate' | 'dissociate';

/** Who caused a write: an API client, a person in the CRM's own pages, the CRM's automation, or a test's seed. */
export type WriteOrigin = 'api' | 'rep' | 'automation' | 'seed';

/** Field values by name. */
export type WrittenFields = Readonly<Record<string, unknown>>;

/** One committed write. `at` is epoch milliseconds of the sandbox clock. */
export interface CommittedWrite {
  at: number;
  object: string;
  id: string;
  op: WriteOp;
  /** Only what was written. May be worked out when somebody looks: most writes are never looked at. */
  fields: WrittenFields | (() => WrittenFields);
  /** The values the written fields had before. */
  previous: WrittenFields | (() => WrittenFields);
  origin: WriteOrigin;
  /** `Sforce-Call-Options` client name, HubSpot app id, or '' when unknown. */
  client: string;
  requestId: string;
}

/** A committed write as the admin port shows it. */
export type NumberedWrite = Omit<CommittedWrite, 'at' | 'fields' | 'previous'> & {
  seq: number;
  at: string;
  fields: WrittenFields;
  previous: WrittenFields;
};

/**
 * What the CRM really holds to be written, apart from what was answered:
 * after a reset connection the write is here although no response was ever sent.
 */
export interface WriteLog {
  add(write: CommittedWrite): void;
  list(query: { object?: string | undefined; since?: number; limit?: number }): NumberedWrite[];
  newest(limit: number): NumberedWrite[];
  total(): number;
}

/** Keeps the newest `capacity` writes; entries are held by reference, so callers must not change them afterwards. */
export function createWriteLog(capacity = 500_000): WriteLog {
  const ring = createRingBuffer<CommittedWrite>(capacity);
  return {
    add(write) {
      ring.push(write);
    },
    list({ object, since = 0, limit = Infinity }) {
      const found: NumberedWrite[] = [];
      for (const { seq, entry } of ring.since(since)) {
        if (found.length >= limit) break;
        if (object === undefined || sameName(entry.object, object)) found.push(numbered(seq, entry));
      }
      return found;
    },
    newest: (limit) => ring.newest(limit).map(({ seq, entry }) => numbered(seq, entry)),
    total: () => ring.last(),
  };
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function numbered(seq: number, write: CommittedWrite): NumberedWrite {
  const { fields, previous } = write;
  return {
    ...write,
    seq,
    at: new Date(write.at).toISOString(),
    fields: typeof fields === 'function' ? fields() : fields,
    previous: typeof previous === 'function' ? previous() : previous,
  };
}

import type { saveConnections } from '../../src/app/connect-crms.ts';

/** A local CRM of one vendor, in the words of a rehearsal. */
export interface RehearsedCrm {
  adminUrl: string;
  connection: Parameters<typeof saveConnections>[1][number];
  accounts: { object: string; name: string };
  deals: { object: string; key: string; /** A text field that a rep edits. */ note: string };
  /** The request by which a record is looked for by our key, as the request log names it. */
  lookUp: string;
  /** Ids in its texts: they differ from run to run. */
  ids: RegExp;
  close(): Promise<void>;
}

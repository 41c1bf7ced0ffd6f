import type { ObjectDescription } from '../../crm/connector.ts';
import type { FittedMapping } from '../../mapping/fit.ts';
import type { LoadedMapping } from '../../mapping/load.ts';
import type { WiredConnection } from '../../mapping/wired-connection.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { fitOrg } from '../fit-org.ts';

export interface Candidate {
  fitted: FittedMapping;
  objects: ReadonlyMap<string, ObjectDescription>;
}

/**
 * Fits a mapping that is not in force to the org behind a connection, with all that it names: fields, record types,
 * pipelines, campaigns, owners. What would keep deals waiting once it is applied is a fault here. Few calls.
 */
export async function fitCandidate(
  { connector, capabilities }: Pick<WiredConnection, 'connector' | 'capabilities'>,
  mapping: LoadedMapping,
): Promise<Candidate> {
  const { mapping: fitted } = await fitOrg(connector, capabilities, mapping);
  const names = [...new Set([fitted.deal.object, fitted.account.object, fitted.contact.object])];
  const described = await Promise.all(
    names.map((object) => connector.describe(object, { deadline: Date.now() + callTimeoutMs })),
  );
  return { fitted, objects: new Map(described.map((description) => [description.object, description])) };
}

/** What does not fit, one sentence each. */
export function faultsInWords({ fitted }: Candidate): string[] {
  return fitted.faults.map(({ object, field, problem }) => `${object}.${field}: ${problem}`);
}

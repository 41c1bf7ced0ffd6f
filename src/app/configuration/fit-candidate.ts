import type { ObjectDescription } from '../../crm/connector.ts';
import { fitMapping, type FittedMapping } from '../../mapping/fit.ts';
import { fitSummed } from '../../mapping/summed-field.ts';
import type { LoadedMapping } from '../../mapping/load.ts';
import type { WiredConnection } from '../../mapping/wired-connection.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';

export interface Candidate {
  fitted: FittedMapping;
  objects: ReadonlyMap<string, ObjectDescription>;
}

/** Fits a mapping that is not in force to the org behind a connection. Costs one describe per object. */
export async function fitCandidate(
  { connector, capabilities }: WiredConnection,
  mapping: LoadedMapping,
): Promise<Candidate> {
  const names = [...new Set([mapping.deal.object, mapping.account.object, mapping.contact.object])];
  const described = await Promise.all(
    names.map((object) => connector.describe(object, { deadline: Date.now() + callTimeoutMs })),
  );
  const objects = new Map(described.map((description) => [description.object, description]));
  const summed = fitSummed(capabilities.summed, mapping, objects.get(mapping.deal.object));
  return { fitted: { ...fitMapping(mapping, objects), summed }, objects };
}

/** What does not fit, one sentence each. */
export function faultsInWords({ fitted }: Candidate): string[] {
  return fitted.faults.map(({ object, field, problem }) => `${object}.${field}: ${problem}`);
}

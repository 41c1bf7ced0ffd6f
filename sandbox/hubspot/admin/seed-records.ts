import { z } from 'zod';
import { AdminError, type AdminRecord } from '../../admin/adapter.ts';
import { defaultTypeId } from '../portal/association-types.ts';
import { objectType, type ObjectType } from '../portal/object-types.ts';
import { seedAuthor } from '../records/author.ts';
import type { AssociationChange, RecordChange } from '../records/change.ts';
import { checkProperties, type RawProperties } from '../records/check-properties.ts';
import type { Sandbox } from '../sandbox.ts';
import { typeNamed } from './rep-play.ts';

const recordSchema = z
  .object({ associations: z.record(z.string(), z.array(z.string())).optional() })
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]));

/**
 * Lays down records without notifying anyone. A record may name others it belongs to:
 * `{name: …, associations: {companies: [id]}}`. Throws {@link AdminError} 400 before anything is written.
 */
export function seedRecords(sandbox: Sandbox, object: string, records: readonly AdminRecord[]): string[] {
  const type = typeNamed(object);
  const changes: RecordChange[] = [];
  const links: AssociationChange[] = [];
  const claimed = new Set<string>();
  for (const given of records) {
    const parsed = recordSchema.safeParse(given);
    if (!parsed.success) throw new AdminError(400, z.prettifyError(parsed.error));
    const { associations = {}, ...fields } = parsed.data;
    const change = plan(sandbox, type, fields as RawProperties, claimed);
    changes.push(change);
    links.push(...linksOf(type, change.id, associations));
  }
  sandbox.ledger.commitRecords(seedAuthor(), changes);
  sandbox.ledger.commitAssociations(seedAuthor(), links);
  return changes.map(({ id }) => id);
}

function plan(sandbox: Sandbox, type: ObjectType, raw: RawProperties, claimed: Set<string>): RecordChange {
  const { portal, ledger, clock } = sandbox;
  const { values, calculated, faults } = checkProperties(portal, type.id, raw, undefined, clock.ms());
  if (faults.length > 0) throw new AdminError(400, faults.map(({ message }) => message).join('; '));
  for (const name of portal.schemas[type.id].unique) {
    const value = values[name];
    if (!value) continue;
    if (ledger.stores[type.id].byUnique(name, value) || claimed.has(`${name}=${value}`)) {
      throw new AdminError(400, `${name} ${value} is taken`);
    }
    claimed.add(`${name}=${value}`);
  }
  return { op: 'create', type: type.id, id: ledger.nextId(), values, calculated };
}

function linksOf(type: ObjectType, id: string, associations: Record<string, string[]>): AssociationChange[] {
  return Object.entries(associations).flatMap(([name, ids]) => {
    const to = objectType(name);
    if (to === undefined) throw new AdminError(400, `no object "${name}"`);
    const plain = defaultTypeId(type.id, to.id);
    if (plain === undefined) throw new AdminError(400, `${type.plural} are not associated with ${name}`);
    return ids.map((toId): AssociationChange => {
      const typeIds = [plain];
      return { op: 'associate', from: type.id, fromId: id, to: to.id, toId, typeIds };
    });
  });
}

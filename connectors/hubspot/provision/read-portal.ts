/** What a portal has by now of what provisioning makes. */
import { PropertiesAnswer, PropertyGroupsAnswer, type Property } from '../schema.ts';
import { propertiesPath, propertyGroupsPath } from '../versions.ts';
import { read, type Hands } from './hands.ts';

export interface PortalObject {
  properties: ReadonlyMap<string, Property>;
  /** Names in the portal's archive: they cannot be made again. */
  archived: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

/** By object, as the mapping names them. */
export type PortalObjects = ReadonlyMap<string, PortalObject>;

export async function readPortal(hands: Hands, objects: Iterable<string>): Promise<PortalObjects> {
  const found = new Map<string, PortalObject>();
  for (const object of new Set(objects)) {
    const { results } = await read(hands, propertiesPath(object), PropertiesAnswer);
    const archived = await read(hands, `${propertiesPath(object)}?archived=true`, PropertiesAnswer);
    const groups = await read(hands, propertyGroupsPath(object), PropertyGroupsAnswer);
    found.set(object, {
      properties: new Map(results.map((property) => [property.name, property])),
      archived: new Set(archived.results.map(({ name }) => name)),
      groups: new Set(groups.results.map(({ name }) => name)),
    });
  }
  return found;
}

import type { Plain } from './plain.ts';

/** One piece of an org's set-up, by type and full name. */
export interface Component {
  type: string;
  /** Such as `Opportunity.Region__c`. */
  fullName: string;
  id: string;
  /** What its author said, checked; without the full name. */
  content: Plain;
  createdDate: number;
  createdById: string;
  lastModifiedDate: number;
  lastModifiedById: string;
}

/** The components of an org that are kept as documents. Full names are found whatever their case. */
export interface ComponentStore {
  get(type: string, fullName: string): Component | undefined;
  /** Components of a type, oldest first. */
  list(type: string): Component[];
  put(component: Component): void;
  remove(type: string, fullName: string): void;
  byId(id: string): Component | undefined;
  /** Everything as it is now, for {@link restore}. */
  snapshot(): ReadonlyMap<string, Component>;
  restore(snapshot: ReadonlyMap<string, Component>): void;
}

/** Creates an empty store. */
export function createComponentStore(): ComponentStore {
  let components = new Map<string, Component>();
  const keyOf = (type: string, fullName: string) => `${type} ${fullName.toLowerCase()}`;
  return {
    get: (type, fullName) => components.get(keyOf(type, fullName)),
    list: (type) => [...components.values()].filter((one) => one.type === type),
    put(component) {
      components.set(keyOf(component.type, component.fullName), component);
    },
    remove(type, fullName) {
      components.delete(keyOf(type, fullName));
    },
    byId: (id) => [...components.values()].find((one) => one.id === id),
    snapshot: () => new Map(components),
    restore(snapshot) {
      components = new Map(snapshot);
    },
  };
}

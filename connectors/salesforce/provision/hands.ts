import type { CallOptions } from '../../../src/crm/connector.ts';
import type { PlanItem } from '../../../src/crm/provisioning.ts';
import type { SalesforceClient } from '../client.ts';
import type { MetadataClient } from '../metadata-client.ts';
import type { Component } from './component.ts';

/** What a plan is made and carried out with: a session of an administrator. */
export interface Hands {
  client: SalesforceClient;
  metadata: MetadataClient;
  /** Each call has a deadline of its own. */
  options(): CallOptions;
}

/** One item of a plan, and how it is carried out; an item without `act` needs nothing, or a person. */
export interface Step {
  item: PlanItem;
  act?: (hands: Hands) => Promise<void>;
  /** The component as it should stand in the org, whether or not it does: what a package for deployment holds. */
  component?: Component;
}

export function createStep(item: string, found: string, component: Component): Step {
  const { type, fullName, content } = component;
  return {
    item: { item, state: 'create', found },
    component,
    act: ({ metadata, options }) => metadata.create(type, fullName, content, options()),
  };
}

export function updateStep(item: string, found: string, component: Component): Step {
  const { type, fullName, content } = component;
  return {
    item: { item, state: 'extend', found },
    component,
    act: ({ metadata, options }) => metadata.update(type, fullName, content, options()),
  };
}

import type { Sandbox } from '../sandbox.ts';
import type { Component } from './component-store.ts';
import { followField, forgetField } from './kinds/custom-field.ts';
import { followObject, forgetObject } from './kinds/custom-object.ts';
import { followChannelMember } from './kinds/channel-member.ts';
import { followRecordType } from './kinds/record-type.ts';
import { followValueSet } from './kinds/standard-value-set.ts';

type Follow = (sandbox: Sandbox, after: Component | undefined, before: Component | undefined) => void;

const FOLLOW: Readonly<Record<string, Follow>> = {
  CustomField: followField,
  CustomObject: followObject,
  PlatformEventChannelMember: followChannelMember,
  RecordType: followRecordType,
  StandardValueSet: followValueSet,
};

/** Lets the org become what a component says; undefined on one side for one that is new or gone. Can be taken back. */
export function followComponent(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  FOLLOW[(after ?? before)?.type ?? '']?.(sandbox, after, before);
}

/** Lets go of the values of what is gone, or keeps them under a new name. Cannot be taken back. */
export function forgetComponent(sandbox: Sandbox, gone: Component, newName: string | undefined): void {
  if (gone.type === 'CustomField') forgetField(sandbox, gone, newName);
  if (gone.type === 'CustomObject') forgetObject(sandbox, gone, newName);
}

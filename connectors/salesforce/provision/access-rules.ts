/**
 * What the run-time user needs beyond the objects and fields of the mapping, one row each, with its reason. Whoever makes
 * the connector read or write something new adds a row here; the permission set and `doctor` follow.
 */
import type { Needs } from '../../../src/crm/provisioning.ts';

export interface AccessRule {
  object: string;
  why: string;
  /** Reading is meant by every rule. */
  rights?: readonly ('create' | 'edit' | 'delete' | 'view-all')[];
  /** Fields the connector reads or writes by itself, whatever the mapping says. */
  reads?: readonly string[];
  edits?: readonly string[];
  /** Changes of the object are listened to. */
  changeEvents?: true;
  /** Without it the rule always holds. */
  when?: (needs: Needs) => boolean;
}

export const accessRules: readonly AccessRule[] = [
  {
    object: 'Opportunity',
    why: 'change events of opportunities reach only who may view them all; contact roles hang on the opportunity',
    rights: ['edit', 'view-all'],
    reads: ['Amount'],
    changeEvents: true,
  },
  {
    object: 'Account',
    why: 'the customer is looked for among all accounts: one that is hidden would be made a second time',
    rights: ['view-all'],
    reads: ['Website'],
  },
  {
    object: 'Contact',
    why: 'the same for contacts',
    rights: ['view-all'],
    reads: ['Email'],
  },
];

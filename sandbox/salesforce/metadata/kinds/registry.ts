import { channelMemberKind } from './channel-member.ts';
import { customFieldKind } from './custom-field.ts';
import { customObjectKind } from './custom-object.ts';
import type { MetadataKind } from './kind.ts';
import { layoutKind } from './layout.ts';
import { connectedAppKind, customTabKind } from './listed-only.ts';
import { permissionSetKind } from './permission-set.ts';
import { profileKind } from './profile.ts';
import { recordTypeKind } from './record-type.ts';
import { standardValueSetKind } from './standard-value-set.ts';
import { validationRuleKind } from './validation-rule.ts';

/** Every type of metadata this org has, in the order in which a deployment needs them: what is referred to comes first. */
export const KINDS: readonly MetadataKind[] = [
  customObjectKind,
  customFieldKind,
  standardValueSetKind,
  recordTypeKind,
  validationRuleKind,
  layoutKind,
  channelMemberKind,
  profileKind,
  permissionSetKind,
  customTabKind,
  connectedAppKind,
];

/** The kind of a type's name; undefined when this org has no such type. */
export function findKind(type: string): MetadataKind | undefined {
  return KINDS.find((kind) => kind.type === type);
}

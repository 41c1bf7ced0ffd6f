import type { Sandbox } from '../sandbox.ts';
import type { Org } from '../store/org.ts';
import { permissionsOf, type Permissions } from './permissions.ts';
import { restrictSchema } from './restrict-schema.ts';

/** A sandbox as one user sees it. */
export interface View {
  sandbox: Sandbox;
  permissions: Permissions;
}

const GRANTING = new Set([
  'User',
  'PermissionSet',
  'PermissionSetAssignment',
  'FieldPermissions',
  'ObjectPermissions',
]);

const views = new WeakMap<Org, Map<string, View>>();

/**
 * The sandbox as one user sees it: `org.preset.schema` holds only what the user may see and says what is read-only,
 * so that describe, SOQL and DML need no checks of their own. It is the sandbox itself when nothing is kept from the user.
 * Worked out once per user, until a permission or the schema changes.
 */
export function viewOf(sandbox: Sandbox, userId: string): View {
  const known = views.get(sandbox.org)?.get(userId);
  if (known !== undefined) return known;
  const permissions = permissionsOf(sandbox.org, userId);
  const schema = restrictSchema(sandbox.org.preset.schema, permissions);
  const view = {
    permissions,
    sandbox: schema === sandbox.org.preset.schema ? sandbox : withSchema(sandbox, schema),
  };
  views.get(sandbox.org)?.set(userId, view);
  return view;
}

/** Forgets what users see whenever it changes. Called once, before the first {@link viewOf}. */
export function watchPermissions(org: Org): void {
  const known = new Map<string, View>();
  views.set(org, known);
  org.onSchemaChange(() => known.clear());
  org.onCommit((changes) => {
    if (changes.some((change) => GRANTING.has(change.type.name))) org.touchSchema();
  });
}

const wholes = new WeakMap<Sandbox, Sandbox>();

/** The sandbox behind a user's view of it. */
export function wholeOf(sandbox: Sandbox): Sandbox {
  return wholes.get(sandbox) ?? sandbox;
}

/** Everything but the schema stays the sandbox's own, also what changes later. */
function withSchema(sandbox: Sandbox, schema: Sandbox['org']['preset']['schema']): Sandbox {
  const preset = { ...sandbox.org.preset, schema };
  const org: Org = Object.create(sandbox.org, { preset: { value: preset } });
  const view: Sandbox = Object.create(sandbox, { org: { value: org } });
  wholes.set(view, sandbox);
  return view;
}

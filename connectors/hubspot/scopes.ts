/** Which scopes the connection's own token has, against what the mapping makes us do. */
import type { CallOptions } from '../../src/crm/connector.ts';
import type { Inspection, Needs } from '../../src/crm/provisioning.ts';
import type { Caller } from './call.ts';
import { scopeNeeds, type ScopeNeed } from './scope-needs.ts';

/** What is missing, by scope, each with what fails without it; one finding that all is well where nothing is. One call. */
export async function inspectScopes(
  call: Caller,
  needs: Needs,
  options: CallOptions,
): Promise<readonly Inspection[]> {
  const granted = await call.grantedScopes(options);
  if (granted === null) return [untold];
  const wanted = scopeNeeds.filter(({ asked, when }) => asked !== 'provisioning' && (when?.(needs) ?? true));
  const missing = wanted.filter(({ anyOf }) => !anyOf.some((scope) => granted.includes(scope)));
  if (missing.length === 0) {
    return [{ check: 'scopes', ok: true, found: `all ${wanted.length} that are needed`, nextStep: null }];
  }
  return byScope(missing).map(([scope, lacking]) => inspectionOf(scope, lacking));
}

/** Service keys are young: should HubSpot say nothing of one, the first call it refuses names the scope. */
const untold: Inspection = {
  check: 'scopes',
  ok: true,
  found: 'HubSpot does not tell the scopes of this token; a call that lacks one is refused by its name',
  nextStep: null,
};

function byScope(missing: readonly ScopeNeed[]): [string, ScopeNeed[]][] {
  const groups = new Map<string, ScopeNeed[]>();
  for (const need of missing) {
    const scope = need.anyOf[0];
    groups.set(scope, [...(groups.get(scope) ?? []), need]);
  }
  return [...groups];
}

function inspectionOf(scope: string, lacking: readonly ScopeNeed[]): Inspection {
  const features = lacking.map(({ feature, without }) => `${feature} (${without})`).join('; ');
  return {
    check: `scope ${scope}`,
    ok: false,
    found: `missing, needed for ${features}`,
    nextStep: `Add ${scope} to the app (or the service key) in HubSpot, then connect the portal again; a private app's token stays the same.`,
  };
}

import type { Hands, Step } from './hands.ts';

/** Whoever makes properties and labels of an object needs it. */
export function writeScope(object: string): string {
  return `crm.schemas.${object}.write`;
}

/**
 * Steps that the token may not do are left to a person, each with the scope that is missing. Where HubSpot does not tell a
 * token's scopes, the first call it refuses names it.
 */
export async function withinScopes({ call, options }: Hands, steps: readonly Step[]): Promise<Step[]> {
  if (!steps.some(({ act }) => act)) return [...steps];
  const granted = await call.grantedScopes(options());
  if (granted === null) return [...steps];
  return steps.map((step) => {
    const lacking = (step.scopes ?? []).filter((scope) => !granted.includes(scope));
    return lacking.length === 0 ? step : left(step, lacking);
  });
}

function left({ item: { item, found } }: Step, lacking: readonly string[]): Step {
  return {
    item: {
      item,
      state: 'by-hand',
      found: `${found}: the token lacks ${lacking.join(' and ')}`,
      nextStep:
        "Give the token of an app that has it, for this one errand (--token-file FILE), or grant it to the connection's own app.",
    },
  };
}

import { salesTeam } from './owners.ts';
import { defaultPipeline, partnerPipeline, renamedDefaultPipeline } from './pipelines.ts';
import { createPortal, putProperty, type Portal, type PortalSetup } from './portal.ts';
import { defineProperty } from './property.ts';
import { defaultGroup } from './property-catalogue.ts';
import { PARTNER_LABEL, TRIBUTARY_PROPERTIES } from './tributary-properties.ts';

/** `default`: provisioned. `fresh`: before provisioning. `renamed-stages`: provisioned, labels changed, two pipelines. */
const PRESETS = ['default', 'fresh', 'renamed-stages'] as const;

/** Builds the portal of a preset. Throws on an unknown name: a typo must not silently give another portal. */
export function portalOf(preset: string, portalId: number, now: Date): Portal {
  const at = now.toISOString();
  switch (preset) {
    case 'default':
      return provisioned(createPortal(setup(portalId), at), at);
    case 'fresh':
      return createPortal(setup(portalId), at);
    case 'renamed-stages': {
      const pipelines = [renamedDefaultPipeline(), partnerPipeline()];
      return provisioned(createPortal({ ...setup(portalId), pipelines }, at), at);
    }
    default:
      throw new Error(`no HubSpot preset "${preset}"; there are: ${PRESETS.join(', ')}`);
  }
}

function setup(portalId: number): PortalSetup {
  return {
    portalId,
    accountType: 'DEVELOPER_TEST',
    timeZone: 'US/Eastern',
    companyCurrency: 'USD',
    additionalCurrencies: ['EUR', 'GBP', 'JPY'],
    owners: salesTeam(),
    pipelines: [defaultPipeline()],
  };
}

function provisioned(portal: Portal, at: string): Portal {
  for (const { type, spec } of TRIBUTARY_PROPERTIES) {
    putProperty(portal, type, defineProperty({ ...spec, groupName: defaultGroup(type) }, at));
  }
  for (const typeId of [PARTNER_LABEL.typeId, PARTNER_LABEL.inverseTypeId])
    portal.labels.set(typeId, PARTNER_LABEL);
  return portal;
}

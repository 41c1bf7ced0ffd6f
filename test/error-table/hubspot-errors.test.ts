import './short-calls.ts';
import { hubspotCrm } from '../rehearsal/hubspot-crm.ts';
import { provocations } from './hubspot/provoke.ts';
import { tellErrors } from './tell-errors.ts';

tellErrors({
  vendor: 'HubSpot',
  start: hubspotCrm,
  provocations,
  page: 'hubspot-errors.md',
  test: 'test/error-table/hubspot-errors.test.ts',
});

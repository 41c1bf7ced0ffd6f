import { conforms } from './conformance.ts';
import { openHubspotCrm } from './hubspot.harness.ts';

conforms('hubspot', openHubspotCrm);

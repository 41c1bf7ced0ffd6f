import { apiVersions } from '../../connectors/hubspot/versions.ts';
import { conforms } from './conformance.ts';
import { openHubspotCrm } from './hubspot.harness.ts';

for (const version of apiVersions) conforms(`hubspot (${version})`, () => openHubspotCrm(version));

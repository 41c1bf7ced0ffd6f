import { conforms } from './conformance.ts';
import { openSalesforceCrm } from './salesforce.harness.ts';

conforms('salesforce', openSalesforceCrm);

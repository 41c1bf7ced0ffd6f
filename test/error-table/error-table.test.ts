import './short-calls.ts';
import { salesforceCrm } from '../rehearsal/salesforce-crm.ts';
import { provocations } from './provoke.ts';
import { tellErrors } from './tell-errors.ts';

tellErrors({
  vendor: 'Salesforce',
  start: salesforceCrm,
  provocations,
  page: 'salesforce-errors.md',
  test: 'test/error-table/error-table.test.ts',
});

import { z } from 'zod';

/** Shapes of record ids: Salesforce's 15 or 18 signs behind a standard object's prefix, HubSpot's numbers. */
const recordId = /^((0[0-9A-Za-z]{2}|701)[0-9A-Za-z]{12}([A-Z0-5]{3})?|\d{6,})$/;

/** What a person calls a record. An id would be another org's after a move from a test org to production. */
export const RecordName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(255)
  .refine((name) => !recordId.test(name), 'looks like a record id: give the name');

/** A user name as it is typed at the login, such as kim@example.com. */
export const Username = RecordName.refine(
  (name) => name.includes('@'),
  'is not a user name such as kim@example.com',
);

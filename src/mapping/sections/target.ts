import { z } from 'zod';

/** What an approved deal becomes in the CRM. `lead` needs the part `lead` of the mapping. */
export const Target = z.enum(['opportunity', 'lead']).default('opportunity');

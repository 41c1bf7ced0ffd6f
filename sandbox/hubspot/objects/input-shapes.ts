import { z } from 'zod';

/** Ids may come as numbers, as the real API takes them too. */
export const idSchema = z.union([z.string(), z.number().transform(String)]);

/** HubSpot's parser turns JSON scalars into text; objects and lists are refused. */
export const propertiesSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

export const associationSpecSchema = z.object({
  associationCategory: z.enum(['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK']),
  associationTypeId: z.number().int(),
});

export const associationsSchema = z
  .array(z.object({ to: z.object({ id: idSchema }), types: z.array(associationSpecSchema).min(1) }))
  .optional();

export const traceSchema = z.string().optional();

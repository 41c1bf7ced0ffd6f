/**
 * The rep's card: what the sales team reads on a partner's deal, beside the fields. One note, from a text with placeholders.
 * Off unless it is asked for: it costs two calls per batch of new deals and file storage in the CRM, and switched on it puts
 * a note on every open deal, which nobody should meet as a surprise after an update.
 */
import { z } from 'zod';

const placeholder = /\{([^{}]*)\}/g;

/** Names in braces, such as {partner.name}. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name);
}

const usualText = `Sourced by our partner {partner.name}.
Partner tier: {partner.tier}
Channel manager: {partner.channelManager}
E-mail of the channel manager: {partner.channelManagerEmail}
Protected until {deal.protectedUntil}: until then the deal is this partner's.
Please do not make the customer an offer that leaves the partner out, do not bring in another partner, and do not change the Tributary fields. Ask the channel manager first.
Registration: {deal.registrationUrl}`;

/** @param known the names that may stand in braces */
export function cardSection(known: readonly string[]) {
  const Template = z
    .string()
    .min(1)
    .max(10_000)
    .superRefine((text, context) => {
      for (const name of placeholdersOf(text).filter((one) => !known.includes(one)))
        context.addIssue({ code: 'custom', message: `there is no value {${name}}` });
    });
  return z.strictObject({
    note: z.enum(['on', 'off']).default('off'),
    /** Begins the note's title; the deal's id follows. Short, because the shortest title of a note holds 80 characters. */
    title: z.string().trim().min(1).max(40).default('Partner deal'),
    /** A line whose placeholders are all empty is left out. */
    text: Template.default(usualText),
    /** Field → what its help says, where it is to say something else than usual; put there by provisioning. */
    help: z.record(z.string(), z.string().min(1).max(510)).default({}),
  });
}
export type CardSection = z.infer<ReturnType<typeof cardSection>>;

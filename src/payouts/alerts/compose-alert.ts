import type { AlertData } from '../message-types.ts';

/** What whoever watches the system reads in their mail. */
export function composeAlert(alert: AlertData, publicUrl: string): { subject: string; body: string } {
  return {
    subject: `${alert.connection} needs you: ${oneLine(alert.plain)}`.slice(0, 200),
    body: [
      `The connection ${alert.connection} stands still since ${alert.since}.`,
      '',
      `What is the matter: ${oneLine(alert.plain)}.`,
      `What to do: ${alert.nextStep}`,
      '',
      'Nothing is lost: deals are taken in meanwhile, and everything goes on by itself afterwards.',
      `The page: ${publicUrl}/`,
      '',
    ].join('\n'),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}

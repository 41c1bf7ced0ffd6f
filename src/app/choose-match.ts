import { z } from 'zod';
import type { Attachments } from '../mirror/attach/attachments.ts';
import { createAllTheSame } from '../mirror/duplicates/deal-questions.ts';
import { chooseMatchFor, type ChooseMatch } from '../mirror/matches.ts';
import { attachments } from './attachments.ts';
import type { Application } from './open-application.ts';

type Host = Pick<Application, 'db' | 'clock' | 'wiring' | 'deals'>;

/** A person's word on which record of the CRM something is. A deal that is a record of theirs is attached to it. */
export function chooseMatch(app: Host, attach: Attachments['attach'] = attachments(app).attach): ChooseMatch {
  return async (chosen) => {
    const { connectionId, kind, key, crmId, by } = chosen;
    const now = app.clock.now();
    if (kind !== 'deal') return chooseMatchFor(app.db, { ...chosen, kind }, now);
    const dealId = z.uuid().safeParse(key);
    if (!dealId.success) return false;
    if (crmId === null) {
      const allowDuplicate = chosen.allowDuplicate ?? false;
      return createAllTheSame(app.db, { connectionId, dealId: dealId.data, allowDuplicate, by }, now);
    }
    await attach({ dealId: dealId.data, connectionId, crmId, by, approve: false });
    return true;
  };
}

import type { WriteOrigin } from '../../journal/write-log.ts';

/** Who makes a change, as histories, webhooks and the write log tell it. */
export interface Author {
  origin: WriteOrigin;
  /** App id for API calls, '' for people. */
  client: string;
  requestId: string;
  /** `INTEGRATION` for API writes, `CRM_UI` for a person, `CALCULATED` for HubSpot itself. */
  sourceType: string;
  /** App id, or `userId:N` for a person. */
  sourceId: string;
  sourceLabel?: string;
  userId?: number;
}

/** HubSpot's own follow-up values carry this author in histories. */
export const CALCULATED: Author = {
  origin: 'automation',
  client: '',
  requestId: '',
  sourceType: 'CALCULATED',
  sourceId: 'PropertyCalculator',
};

/** An app writing through the API: webhooks carry its id as `sourceId`, which is how it knows its own echo. */
export function appAuthor(appId: number, requestId: string): Author {
  const id = String(appId);
  return {
    origin: 'api',
    client: id,
    requestId,
    sourceType: 'INTEGRATION',
    sourceId: id,
    sourceLabel: `App ${id}`,
  };
}

/** A rep at work in HubSpot's own pages. */
export function repAuthor(userId: number): Author {
  return {
    origin: 'rep',
    client: '',
    requestId: '',
    sourceType: 'CRM_UI',
    sourceId: `userId:${userId}`,
    userId,
  };
}

/** Data laid down before a test begins. */
export function seedAuthor(): Author {
  return { origin: 'seed', client: '', requestId: '', sourceType: 'IMPORT', sourceId: 'seed' };
}

import { associationBatchRoutes } from '../associations/batch-routes.ts';
import { labelRoutes } from '../associations/label-routes.ts';
import { associationSingleRoutes } from '../associations/single-routes.ts';
import { oauthRoutes } from '../auth/oauth-routes.ts';
import { batchRoutes } from '../objects/batch-routes.ts';
import { listRoutes } from '../objects/list-routes.ts';
import { mergeRoutes } from '../objects/merge-routes.ts';
import { singleRoutes } from '../objects/single-routes.ts';
import { accountRoutes } from '../schema/account-routes.ts';
import { currencyRoutes } from '../schema/currency-routes.ts';
import { groupRoutes } from '../schema/group-routes.ts';
import { ownerRoutes } from '../schema/owner-routes.ts';
import { pipelineRoutes } from '../schema/pipeline-routes.ts';
import { propertyRoutes } from '../schema/property-routes.ts';
import { searchRoutes } from '../search/search-routes.ts';
import { webhookSettingsRoutes } from '../webhooks/settings-routes.ts';
import { journalReadRoutes } from '../webhooks-journal/read-routes.ts';
import { journalSubscriptionRoutes } from '../webhooks-journal/subscription-routes.ts';
import type { Route } from './call.ts';

/** Everything the API answers. */
export function allRoutes(): Route[] {
  return [
    ...oauthRoutes(),
    ...accountRoutes(),
    ...singleRoutes(),
    ...listRoutes(),
    ...batchRoutes(),
    ...searchRoutes(),
    ...mergeRoutes(),
    ...associationBatchRoutes(),
    ...associationSingleRoutes(),
    ...labelRoutes(),
    ...groupRoutes(),
    ...propertyRoutes(),
    ...pipelineRoutes(),
    ...ownerRoutes(),
    ...currencyRoutes(),
    ...webhookSettingsRoutes(),
    ...journalReadRoutes(),
    ...journalSubscriptionRoutes(),
  ];
}

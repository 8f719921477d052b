import type { TokenFormat } from '../auth/issue-token.ts';
import type { Route } from '../http/route.ts';
import type { Json } from '../json/user-json.ts';
import type { DeliveryLog } from '../webhooks/deliveries.ts';
import { appRoutes } from './app/app-routes.ts';
import { deliveryRoutes } from './app/delivery-routes.ts';
import { metaRoutes, type RateOf } from './app/meta-routes.ts';
import { graphqlRoutes } from './graphql-routes.ts';
import { commentRoutes } from './issues/comment-routes.ts';
import { issueRoutes } from './issues/issue-routes.ts';
import { labelRoutes } from './issues/label-routes.ts';
import { reactionRoutes } from './issues/reaction-routes.ts';
import { pullRoutes } from './pulls/pull-routes.ts';
import { reviewRoutes } from './pulls/review-routes.ts';
import { checkRoutes } from './repository/check-routes.ts';
import { commitRoutes } from './repository/commit-routes.ts';
import { contentRoutes } from './repository/content-routes.ts';
import { objectRoutes } from './repository/object-routes.ts';
import { refRoutes } from './repository/ref-routes.ts';
import { repositoryRoutes } from './repository/repository-routes.ts';
import { rulesetRoutes } from './repository/ruleset-routes.ts';
import { statusRoutes } from './repository/status-routes.ts';

export interface RouteParts {
  tokenFormat: () => TokenFormat;
  deliveries: DeliveryLog;
  rateOf: RateOf;
  /** The App behind a code of the manifest flow. */
  convertManifest: (code: string) => Json;
}

/** Every operation the local GitHub has; the more particular path before the greedy one. Parts only to run them. */
export function allRoutes(parts?: RouteParts): Route[] {
  const { convertManifest, tokenFormat, deliveries, rateOf } = parts ?? ({} as RouteParts);
  return [
    ...appRoutes(tokenFormat, (code) => convertManifest(code)),
    ...deliveryRoutes(deliveries),
    ...metaRoutes(rateOf),
    ...checkRoutes(),
    ...statusRoutes(),
    ...reviewRoutes(),
    ...pullRoutes(),
    ...reactionRoutes(),
    ...commentRoutes(),
    ...labelRoutes(),
    ...issueRoutes(),
    ...refRoutes(),
    ...objectRoutes(),
    ...commitRoutes(),
    ...contentRoutes(),
    ...rulesetRoutes(),
    ...repositoryRoutes(),
    ...graphqlRoutes(),
  ];
}

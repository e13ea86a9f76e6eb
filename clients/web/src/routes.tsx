/** Which address shows which page. Each page is loaded when it is first asked for. clients/web/web.go serves the same paths. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from './address';
import { Failure } from './parts/failure';
import { Waiting } from './parts/loaded';
import { NotFound } from './pages/not-found';
import { Shell } from './parts/shell';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const page = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component });

const routeTree = root.addChildren([
  page('/', lazyRouteComponent(() => import('./pages/dashboard'), 'Dashboard')),
  page('/topics', lazyRouteComponent(() => import('./pages/topics'), 'Topics')),
  page('/topics/$id', lazyRouteComponent(() => import('./pages/topic'), 'TopicPage')),
  page('/discoveries', lazyRouteComponent(() => import('./pages/discoveries'), 'Discoveries')),
  page('/scoring', lazyRouteComponent(() => import('./pages/scoring'), 'Scoring')),
  page('/scoring/$id', lazyRouteComponent(() => import('./pages/rescoring'), 'RescoringPage')),
  page('/collections', lazyRouteComponent(() => import('./pages/collections'), 'Collections')),
  page('/collections/$id', lazyRouteComponent(() => import('./pages/collection'), 'CollectionPage')),
  page('/hosts', lazyRouteComponent(() => import('./pages/hosts'), 'Hosts')),
  page('/documents', lazyRouteComponent(() => import('./pages/documents'), 'Documents')),
  page('/documents/$id', lazyRouteComponent(() => import('./pages/document'), 'DocumentPage')),
  page('/stories', lazyRouteComponent(() => import('./pages/stories'), 'Stories')),
  page('/stories/$id', lazyRouteComponent(() => import('./pages/story'), 'StoryPage')),
  page('/duplicates', lazyRouteComponent(() => import('./pages/duplicates'), 'Duplicates')),
  page('/keywords', lazyRouteComponent(() => import('./pages/keywords'), 'Keywords')),
  page('/searches', lazyRouteComponent(() => import('./pages/searches'), 'Searches')),
  page('/research', lazyRouteComponent(() => import('./pages/research'), 'Research')),
  page('/research/$id', lazyRouteComponent(() => import('./pages/run'), 'RunPage')),
  page('/reports', lazyRouteComponent(() => import('./pages/reports'), 'Reports')),
  page('/reports/$id', lazyRouteComponent(() => import('./pages/report'), 'ReportPage')),
  page('/serp', lazyRouteComponent(() => import('./pages/serp'), 'SerpSnapshots')),
  page('/serp/$id', lazyRouteComponent(() => import('./pages/snapshot'), 'SnapshotPage')),
  page('/jobs', lazyRouteComponent(() => import('./pages/jobs'), 'Jobs')),
  page('/costs', lazyRouteComponent(() => import('./pages/costs'), 'Costs')),
  page('/settings', lazyRouteComponent(() => import('./pages/settings'), 'Settings')),
]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: () => <Waiting lines={6} />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
});

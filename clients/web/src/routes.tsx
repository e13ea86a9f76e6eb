/** Which address shows which page. Each page is loaded when it is first asked for. clients/web/web.go serves the same paths. */
import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from './address';
import { Failure } from './parts/failure';
import { lazily } from './parts/lazily';
import { Waiting } from './parts/loaded';
import { NotFound } from './pages/not-found';
import { Shell } from './parts/shell';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const page = (path: string, component: ReturnType<typeof lazily>) =>
  createRoute({ getParentRoute: () => root, path, component });

const routeTree = root.addChildren([
  page('/', lazily(async () => (await import('./pages/dashboard')).Dashboard)),
  page('/topics', lazily(async () => (await import('./pages/topics')).Topics)),
  page('/topics/$id', lazily(async () => (await import('./pages/topic')).TopicPage)),
  page('/discoveries', lazily(async () => (await import('./pages/discoveries')).Discoveries)),
  page('/scoring', lazily(async () => (await import('./pages/scoring')).Scoring)),
  page('/scoring/$id', lazily(async () => (await import('./pages/rescoring')).RescoringPage)),
  page('/collections', lazily(async () => (await import('./pages/collections')).Collections)),
  page('/collections/$id', lazily(async () => (await import('./pages/collection')).CollectionPage)),
  page('/hosts', lazily(async () => (await import('./pages/hosts')).Hosts)),
  page('/documents', lazily(async () => (await import('./pages/documents')).Documents)),
  page('/documents/$id', lazily(async () => (await import('./pages/document')).DocumentPage)),
  page('/stories', lazily(async () => (await import('./pages/stories')).Stories)),
  page('/stories/$id', lazily(async () => (await import('./pages/story')).StoryPage)),
  page('/duplicates', lazily(async () => (await import('./pages/duplicates')).Duplicates)),
  page('/keywords', lazily(async () => (await import('./pages/keywords')).Keywords)),
  page('/searches', lazily(async () => (await import('./pages/searches')).Searches)),
  page('/research', lazily(async () => (await import('./pages/research')).Research)),
  page('/research/$id', lazily(async () => (await import('./pages/run')).RunPage)),
  page('/reports', lazily(async () => (await import('./pages/reports')).Reports)),
  page('/reports/$id', lazily(async () => (await import('./pages/report')).ReportPage)),
  page('/serp', lazily(async () => (await import('./pages/serp')).SerpSnapshots)),
  page('/serp/$id', lazily(async () => (await import('./pages/snapshot')).SnapshotPage)),
  page('/jobs', lazily(async () => (await import('./pages/jobs')).Jobs)),
  page('/costs', lazily(async () => (await import('./pages/costs')).Costs)),
  page('/settings', lazily(async () => (await import('./pages/settings')).Settings)),
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

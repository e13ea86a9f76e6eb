/** The pages that the navigation and the palette lead to. */
import {
  IconActivity,
  IconArticle,
  IconBookmark,
  IconBulb,
  IconCoins,
  IconCopy,
  IconHome,
  IconListSearch,
  IconNews,
  IconReportSearch,
  IconRss,
  IconScale,
  IconServer,
  IconSettings,
  IconSparkles,
  IconTags,
  IconZoomQuestion,
} from '@tabler/icons-react';
import type { Texts } from '../texts/en';

export interface PageLink {
  to: string;
  name: keyof Texts['nav'];
  icon: typeof IconHome;
}

export const GROUPS: { group?: keyof Texts['navGroup']; pages: PageLink[] }[] = [
  { pages: [{ to: '/', name: 'dashboard', icon: IconHome }] },
  {
    group: 'topics',
    pages: [
      { to: '/topics', name: 'topics', icon: IconBulb },
      { to: '/discoveries', name: 'discoveries', icon: IconSparkles },
      { to: '/scoring', name: 'scoring', icon: IconScale },
    ],
  },
  {
    group: 'archive',
    pages: [
      { to: '/documents', name: 'documents', icon: IconArticle },
      { to: '/stories', name: 'stories', icon: IconNews },
      { to: '/keywords', name: 'keywords', icon: IconTags },
      { to: '/duplicates', name: 'duplicates', icon: IconCopy },
      { to: '/searches', name: 'searches', icon: IconBookmark },
    ],
  },
  {
    group: 'sources',
    pages: [
      { to: '/collections', name: 'collections', icon: IconRss },
      { to: '/hosts', name: 'hosts', icon: IconServer },
    ],
  },
  {
    group: 'research',
    pages: [
      { to: '/research', name: 'research', icon: IconZoomQuestion },
      { to: '/reports', name: 'reports', icon: IconReportSearch },
      { to: '/serp', name: 'serp', icon: IconListSearch },
    ],
  },
  {
    group: 'system',
    pages: [
      { to: '/jobs', name: 'jobs', icon: IconActivity },
      { to: '/costs', name: 'costs', icon: IconCoins },
      { to: '/settings', name: 'settings', icon: IconSettings },
    ],
  },
];

export const PAGES: PageLink[] = GROUPS.flatMap(({ pages }) => pages);

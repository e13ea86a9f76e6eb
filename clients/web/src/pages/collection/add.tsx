import type { CollectionCreate, DiscoveredFeed, DiscoveryJob, DiscoveryReport } from '@content-creator/client';
import {
  Alert,
  Anchor,
  Badge,
  Button,
  Drawer,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  Tabs,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, type RefObject, useRef, useState } from 'react';
import { number } from '../../format';
import { useLanguage } from '../../language';
import { JobProgress } from '../../parts/job-progress';
import { PlaceFields } from '../../parts/place';
import { Time } from '../../parts/time';
import { To } from '../../parts/to';
import { useAction } from '../../queries';
import { api } from '../../session';

type Place = Pick<CollectionCreate, 'domain' | 'market' | 'language'>;

/** The ways to a collection: feeds found from any address, or another kind of source. */
export function AddCollection({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLanguage();
  const place = useRef<HTMLFormElement>(null);
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={t.collections.add} closeButtonProps={{ 'aria-label': t.common.close }}>
      <Stack>
        <form ref={place} onSubmit={(event) => event.preventDefault()}>
          <Text size="sm" c="dimmed" mb="xs">
            {t.add.place}
          </Text>
          <PlaceFields languageOptional />
        </form>
        <Tabs defaultValue="address">
          <Tabs.List mb="md">
            <Tabs.Tab value="address">{t.add.byAddress}</Tabs.Tab>
            <Tabs.Tab value="reddit">{t.source.reddit}</Tabs.Tab>
            <Tabs.Tab value="news">{t.source.news}</Tabs.Tab>
            <Tabs.Tab value="autocomplete">{t.source.autocomplete}</Tabs.Tab>
            <Tabs.Tab value="trends">{t.source.trends}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="address">
            <ByAddress place={place} />
          </Tabs.Panel>
          <Tabs.Panel value="reddit">
            <Reddit place={place} />
          </Tabs.Panel>
          <Tabs.Panel value="news">
            <News place={place} />
          </Tabs.Panel>
          <Tabs.Panel value="autocomplete">
            <Autocomplete place={place} />
          </Tabs.Panel>
          <Tabs.Panel value="trends">
            <Trends place={place} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </Drawer>
  );
}

type WithPlace = { place: RefObject<HTMLFormElement | null> };

/** Adds a collection where the form above says, and goes there unless others are to be added, too. */
function useAdd({ place, stay = false }: WithPlace & { stay?: boolean }) {
  const { t } = useLanguage();
  const go = useNavigate();
  return useAction(
    (collection: Omit<CollectionCreate, keyof Place>) => api.collections.create({ body: { ...collection, ...placeOf(place.current!) } }),
    {
      stale: [['collections']],
      done: ({ data }) => {
        // Where it stays, the button says so, and a notice would cover the others.
        if (stay) return;
        void go({ to: `/collections/${data.id}`, replace: true });
        return t.add.added(data.name);
      },
    },
  );
}

function placeOf(form: HTMLFormElement): Place {
  const values = new FormData(form);
  return { domain: String(values.get('domain')), market: String(values.get('market')), language: String(values.get('language')) || null };
}

/** Whether the form of the place is filled in; the browser points at what is missing. */
function placed({ place }: WithPlace): boolean {
  return place.current?.reportValidity() ?? false;
}

function ByAddress({ place }: WithPlace) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const find = useAction((url: string) => api.collections.discover({ body: { url } }), { done: ({ data }) => setJob(data.id) });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    find.mutate(String(new FormData(event.currentTarget).get('url')).trim());
  };
  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <TextInput name="url" flex="1 1 14rem" label={t.add.address} description={t.add.addressHelp} placeholder="example.com" required data-autofocus />
          <Button type="submit" loading={find.isPending}>
            {t.add.find}
          </Button>
        </Group>
      </form>
      {job && (
        <JobProgress key={job} id={job} follow>
          {(done) => <FoundFeeds report={(done as DiscoveryJob).result} place={place} />}
        </JobProgress>
      )}
    </Stack>
  );
}

function FoundFeeds({ report, place }: WithPlace & { report: DiscoveryReport | null | undefined }) {
  const { t } = useLanguage();
  const feeds = report?.sites.flatMap((site) => site.feeds) ?? [];
  if (feeds.length === 0) {
    const tried = report?.sites.flatMap((site) => site.tried) ?? [];
    return (
      <Alert color="yellow" title={t.add.nothing}>
        {t.add.tried(tried.length)}
      </Alert>
    );
  }
  return (
    <Stack gap="sm">
      {feeds.map((feed) => (
        <Feed key={feed.url} feed={feed} place={place} stay={feeds.length > 1} />
      ))}
    </Stack>
  );
}

function Feed({ feed, place, stay }: WithPlace & { feed: DiscoveredFeed; stay: boolean }) {
  const { t, language } = useLanguage();
  const add = useAdd({ place, stay });
  const made = add.data?.data.id ?? feed.collection_ids[0];
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" wrap="nowrap">
        <Stack gap={2}>
          <Text fw={600}>{feed.title ?? feed.collection.name}</Text>
          <Text size="xs" c="dimmed">
            {feed.url}
          </Text>
          <Group gap="xs">
            {feed.format && <Badge color="gray">{feed.format}</Badge>}
            {feed.entries_count !== null && <Text size="xs">{t.add.entries(number(feed.entries_count, language))}</Text>}
            {feed.newest_entry_at && (
              <Text size="xs">
                {t.add.newest} <Time at={feed.newest_entry_at} />
              </Text>
            )}
            {feed.comments && <Badge color="orange">{t.add.comments}</Badge>}
          </Group>
        </Stack>
        {made ? (
          <Anchor component={To} to={`/collections/${made}`} replace size="sm" ta="end" aria-label={`${t.add.known}: ${feed.title ?? feed.url}`}>
            {t.add.known}
          </Anchor>
        ) : (
          <Button
            size="xs"
            flex="none"
            loading={add.isPending}
            onClick={() => placed({ place }) && add.mutate(feed.collection)}
            aria-label={`${t.add.add}: ${feed.title ?? feed.url}`}
          >
            {t.add.add}
          </Button>
        )}
      </Group>
    </Paper>
  );
}

function Reddit({ place }: WithPlace) {
  const { t } = useLanguage();
  return (
    <SourceForm
      place={place}
      read={(form) => {
        const subreddit = String(form.get('subreddit')).replace(/^\/?r\//, '');
        return { name: `r/${subreddit}`, type: 'reddit', config: { subreddit, sort: String(form.get('sort')) as 'hot', min_score: Number(form.get('min_score')) } };
      }}
    >
      <TextInput name="subreddit" label={t.add.subreddit} placeholder="golang" required />
      <Select name="sort" label={t.add.order} data={['hot', 'new', 'top', 'rising']} defaultValue="hot" allowDeselect={false} />
      <NumberInput name="min_score" label={t.add.minScore} min={0} defaultValue={0} />
    </SourceForm>
  );
}

function News({ place }: WithPlace) {
  const { t } = useLanguage();
  return (
    <SourceForm
      place={place}
      read={(form) => {
        const query = String(form.get('query'));
        return { name: query, type: 'news', config: { query, provider: String(form.get('provider')) as 'google_news' } };
      }}
    >
      <TextInput name="query" label={t.add.query} required />
      <Select
        name="provider"
        label={t.add.provider}
        defaultValue="google_news"
        allowDeselect={false}
        data={[
          { value: 'google_news', label: 'Google News' },
          { value: 'bing_news', label: 'Bing News' },
          { value: 'thenewsapi', label: 'TheNewsAPI' },
        ]}
      />
    </SourceForm>
  );
}

function Autocomplete({ place }: WithPlace) {
  const { t } = useLanguage();
  const [keywords, setKeywords] = useState<string[]>([]);
  return (
    <SourceForm
      place={place}
      read={() => ({ name: keywords.join(', '), type: 'autocomplete', config: { keywords, expansions: ['questions', 'prepositions'] } })}
    >
      <TagsInput label={t.add.keywords} description={t.add.keywordsHelp} value={keywords} onChange={setKeywords} />
    </SourceForm>
  );
}

function Trends({ place }: WithPlace) {
  const { t } = useLanguage();
  return (
    <SourceForm
      place={place}
      read={(form) => {
        const region = String(form.get('region')).toUpperCase();
        return { name: `${t.source.trends} ${region}`, type: 'trends', config: { region } };
      }}
    >
      <TextInput name="region" label={t.add.region} placeholder="DE" required minLength={2} maxLength={2} />
    </SourceForm>
  );
}

interface SourceFormProps extends WithPlace {
  read: (form: FormData) => Omit<CollectionCreate, keyof Place>;
  children: ReactNode;
}

function SourceForm({ place, read, children }: SourceFormProps) {
  const { t } = useLanguage();
  const add = useAdd({ place });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (placed({ place })) add.mutate(read(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {children}
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t.add.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import type { FeedToken, SavedSearch, SearchFilters } from '@content-creator/client';
import { Anchor, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBookmark } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { usePaging } from '../address';
import { useLanguage } from '../language';
import { ConfirmButton } from '../parts/confirm';
import { Copyable } from '../parts/copyable';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';

export function Searches() {
  const { t } = useLanguage();
  const { page, page_size, turn } = usePaging();
  const searches = useRead(['searches', page, page_size], (signal) => api.searches.list({ query: { page, page_size }, signal }));
  const [token, setToken] = useState<FeedToken | null>(null);
  const columns: Column<SavedSearch>[] = [
    {
      name: t.common.name,
      cell: ({ name, query, filters, sort }) => (
        <>
          <Anchor component={To} to="/documents" search={{ q: query, ...filters, sort }} fw={600}>
            {name}
          </Anchor>
          <Text size="xs" c="dimmed">
            {query}
          </Text>
        </>
      ),
    },
    { name: t.searches.feed, cell: (search) => <Feed search={search} made={setToken} /> },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
    { name: t.common.actions, cell: (search) => <Remove search={search} /> },
  ];
  return (
    <Page title={t.nav.searches} about={t.searches.about}>
      <Loaded query={searches} lines={6}>
        {(list) => (
          <DataTable
            label={t.nav.searches}
            page={list}
            columns={columns}
            turn={turn}
            busy={searches.isPlaceholderData}
            empty={
              <Empty title={t.searches.none} action={<Button component={To} to="/documents">{t.nav.documents}</Button>}>
                {t.searches.noneCure}
              </Empty>
            }
          />
        )}
      </Loaded>
      <Modal opened={token !== null} onClose={() => setToken(null)} size="lg" title={t.searches.feed} closeButtonProps={{ 'aria-label': t.common.close }}>
        {token && <Addresses token={token} />}
      </Modal>
    </Page>
  );
}

function Feed({ search, made }: { search: SavedSearch; made: (token: FeedToken) => void }) {
  const { t } = useLanguage();
  const stale = [['searches']];
  const make = useAction(() => api.searches.createFeedToken({ path: { id: search.id } }), { stale, done: ({ data }) => made(data) });
  const revoke = useAction(() => api.searches.deleteFeedToken({ path: { id: search.id } }), { stale, done: () => t.searches.revoked });
  return (
    <Group gap="xs">
      <Button size="compact-sm" variant="default" loading={make.isPending} onClick={() => make.mutate(undefined)} aria-label={`${t.searches.makeFeed}: ${search.name}`}>
        {t.searches.makeFeed}
      </Button>
      {search.feed_token_created_at && (
        <Button size="compact-sm" variant="subtle" color="red" loading={revoke.isPending} onClick={() => revoke.mutate(undefined)} aria-label={`${t.searches.revoke}: ${search.name}`}>
          {t.searches.revoke}
        </Button>
      )}
    </Group>
  );
}

function Addresses({ token }: { token: FeedToken }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Text>{t.searches.once}</Text>
      {(['rss', 'atom', 'json'] as const).map((format) => (
        <Copyable key={format} value={whole(token[format])} />
      ))}
    </Stack>
  );
}

/** An address as a feed reader elsewhere needs it. */
function whole(path: string): string {
  return new URL(path, window.location.origin).href;
}

function Remove({ search }: { search: SavedSearch }) {
  const { t } = useLanguage();
  const remove = useAction(() => api.searches.deleteSearch({ path: { id: search.id } }), { stale: [['searches']] });
  return <ConfirmButton size="compact-sm" label={t.common.delete} question={t.searches.deleteQuestion(search.name)} busy={remove.isPending} act={() => remove.mutate(undefined)} />;
}

/** Keeps the search of the moment under a name. */
export function SaveSearch({ query, filters }: { query: string; filters: SearchFilters }) {
  const { t } = useLanguage();
  const [opened, { open, close }] = useDisclosure(false);
  const save = useAction((name: string) => api.searches.createSearch({ body: { name, query, filters } }), {
    stale: [['searches']],
    done: () => {
      close();
      return t.common.saved;
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(String(new FormData(event.currentTarget).get('name')));
  };
  return (
    <>
      <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />} onClick={open}>
        {t.searches.save}
      </Button>
      <Modal opened={opened} onClose={close} title={t.searches.save} closeButtonProps={{ 'aria-label': t.common.close }}>
        <form onSubmit={submit}>
          <Stack>
            <TextInput name="name" label={t.common.name} defaultValue={query} required data-autofocus />
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending}>
                {t.common.save}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

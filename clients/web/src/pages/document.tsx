import type { Document } from '@content-creator/client';
import { Alert, Anchor, Badge, Grid, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Suspense } from 'react';
import { dateTime, number } from '../format';
import { useLanguage } from '../language';
import { ConfirmButton } from '../parts/confirm';
import { External } from '../parts/external';
import { Facts } from '../parts/facts';
import { lazily } from '../parts/lazily';
import { Loaded, Waiting } from '../parts/loaded';
import { Page } from '../parts/page';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';

const Markdown = lazily(async () => (await import('../parts/markdown')).Markdown);

export function DocumentPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const document = useRead(['documents', 'one', id], (signal) => api.documents.get({ path: { id }, signal }));
  return (
    <Page
      title={document.data?.title ?? t.documents.one}
      back={{ to: '/documents', name: t.nav.documents }}
      about={document.data && <About document={document.data} />}
      actions={document.data && <Remove id={id} />}
    >
      <Loaded query={document} lines={12}>
        {(found) => (
          <Grid gap="xl">
            <Grid.Col span={{ base: 12, md: 8 }}>
              <Text component="article" lang={found.language}>
                <Body document={found} />
              </Text>
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 4 }}>
              <Aside document={found} />
            </Grid.Col>
          </Grid>
        )}
      </Loaded>
    </Page>
  );
}

function About({ document }: { document: Document }) {
  const { t, language } = useLanguage();
  return (
    <Text size="sm">
      <External to={document.url}>{document.source_name}</External>
      {document.author && ` · ${document.author}`} · {dateTime(document.published_at, language)}
      {document.word_count !== null && ` · ${t.documents.words(number(document.word_count, language))}`}
    </Text>
  );
}

function Remove({ id }: { id: string }) {
  const { t } = useLanguage();
  const go = useNavigate();
  const remove = useAction(() => api.documents.delete({ path: { id } }), {
    done: () => {
      void go({ to: '/documents' });
      return t.documents.deleted;
    },
  });
  return <ConfirmButton label={t.common.delete} question={t.documents.deleteQuestion} busy={remove.isPending} act={() => remove.mutate(undefined)} />;
}

/** The best text that there is: the article's Markdown, else plain text. HTML from elsewhere is never put into this page. */
function Body({ document }: { document: Document }) {
  const { t } = useLanguage();
  if (document.content_markdown) {
    return (
      <Suspense fallback={<Waiting lines={10} />}>
        <Markdown text={document.content_markdown} />
      </Suspense>
    );
  }
  const text = document.content_text ?? document.summary;
  if (!text) return <Text c="dimmed">{t.documents.noText}</Text>;
  return <div className="reading source-text">{text}</div>;
}

function Aside({ document }: { document: Document }) {
  const { t, language } = useLanguage();
  return (
    <Stack>
      {document.page_error && (
        <Alert color="yellow" title={t.documents.pageError}>
          <span lang="en">{document.page_error.message}</span>
        </Alert>
      )}
      <Paper withBorder p="md">
        <Facts
          columns={2}
          facts={[
            [t.documents.from, t.contentFrom[document.content_from]],
            [t.common.language, document.language],
            [t.common.domain, document.domain],
            [t.common.market, document.market],
            [t.documents.fetched, dateTime(document.fetched_at, language)],
            [t.documents.paywall, document.paywall === null ? t.common.unknown : document.paywall ? t.common.yes : t.common.no],
          ]}
        />
      </Paper>
      <Words title={t.keywords.title} words={(document.keywords ?? []).map(({ text }) => text)} />
      <Words title={t.documents.entities} words={(document.entities ?? []).map(({ text, kind }) => `${text} (${t.entity[kind]})`)} />
      <Related id={document.id} />
    </Stack>
  );
}

function Words({ title, words }: { title: string; words: string[] }) {
  if (words.length === 0) return null;
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h6" mb="xs">
        {title}
      </Title>
      <Group gap={6}>
        {[...new Set(words)].map((word) => (
          <Badge key={word} color="gray" fw={500}>
            {word}
          </Badge>
        ))}
      </Group>
    </Paper>
  );
}

function Related({ id }: { id: string }) {
  const { t } = useLanguage();
  const stories = useRead(['stories', 'of', id], (signal) => api.stories.list({ query: { document_id: id, page_size: 3 }, signal }));
  const copies = useRead(['documents', 'copies', id], (signal) => api.documents.listDuplicates({ query: { document_id: id, page_size: 3 }, signal }));
  const others = copies.data?.items.flatMap((cluster) => cluster.documents).filter((one) => one.id !== id) ?? [];
  return (
    <>
      {(stories.data?.items ?? []).length > 0 && (
        <Paper withBorder p="md">
          <Title order={2} size="h6" mb="xs">
            {t.nav.stories}
          </Title>
          {stories.data!.items.map((story) => (
            <Anchor key={story.id} component={To} to={`/stories/${story.id}`} display="block" size="sm">
              {story.title} ({story.size})
            </Anchor>
          ))}
        </Paper>
      )}
      {others.length > 0 && (
        <Paper withBorder p="md">
          <Title order={2} size="h6" mb="xs">
            {t.nav.duplicates}
          </Title>
          {others.map((one) => (
            <Anchor key={one.id} component={To} to={`/documents/${one.id}`} display="block" size="sm">
              {one.title} ({one.source})
            </Anchor>
          ))}
        </Paper>
      )}
    </>
  );
}

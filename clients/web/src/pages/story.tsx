import type { Disagreement, Story } from '@content-creator/client';
import { Anchor, Badge, Blockquote, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { percent } from '../format';
import { useLanguage } from '../language';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';

export function StoryPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const story = useRead(['stories', 'one', id], (signal) => api.stories.getStory({ path: { id }, signal }));
  return (
    <Page title={story.data?.title ?? t.stories.one} back={{ to: '/stories', name: t.nav.stories }} about={story.data && t.stories.told(story.data.size, story.data.sources.length)}>
      <Loaded query={story} lines={8}>
        {(found) => (
          <Stack gap="lg">
            <Disagreements story={found} />
            <Documents story={found} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Disagreements({ story }: { story: Story }) {
  const { t } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {t.stories.disagreements}
      </Title>
      {story.disagreements.length === 0 && <Text c="dimmed">{t.stories.agree}</Text>}
      <Stack>
        {story.disagreements.map((disagreement, index) => (
          <Contradiction key={index} disagreement={disagreement} story={story} />
        ))}
      </Stack>
    </Paper>
  );
}

function Contradiction({ disagreement, story }: { disagreement: Disagreement; story: Story }) {
  const { t } = useLanguage();
  return (
    <div>
      <Group gap="xs" mb="xs">
        <Badge color="orange">{t.disagreement[disagreement.kind]}</Badge>
        <Text fw={600}>{disagreement.subject}</Text>
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {disagreement.claims.map((claim) => {
          const document = story.documents.find(({ id }) => id === claim.document_id);
          return (
            <Blockquote key={claim.document_id} p="md" color="orange" lang={document?.language} cite={document?.source}>
              <strong>{claim.value}</strong>: “{claim.quote}”
            </Blockquote>
          );
        })}
      </SimpleGrid>
    </div>
  );
}

function Documents({ story }: { story: Story }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {t.nav.documents}
      </Title>
      <Stack>
        {story.documents.map((document) => (
          <div key={document.id}>
            <Anchor component={To} to={`/documents/${document.id}`} fw={600} lang={document.language}>
              {document.title}
            </Anchor>
            <Text size="sm" c="dimmed">
              {document.source} · <Time at={document.published_at} /> · {t.stories.similarity(percent(document.similarity, language))}
            </Text>
            {document.shared_terms.length > 0 && <Text size="xs">{t.stories.shared(document.shared_terms.join(', '))}</Text>}
          </div>
        ))}
      </Stack>
    </Paper>
  );
}

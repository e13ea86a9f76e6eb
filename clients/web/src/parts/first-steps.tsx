/** The way from nothing to a first report with citations: shown until there is one, with the next step to click. */
import { Alert, Badge, Button, Group, List, Paper, Title } from '@mantine/core';
import { useTexts } from '../language';
import { useRead } from '../queries';
import { api } from '../session';
import { To } from './to';

const ONE = { page_size: 1 };

/** How many there are of what the steps lead to; the same reads as the dashboard's figures. Null until all is known. */
function useProgress(): { collections: number; documents: number; topics: number; runs: number; topic: string | undefined } | null {
  const runs = useRead(['research', 'count'], (signal) => api.research.listRuns({ query: ONE, signal }));
  const first = { enabled: runs.data?.total === 0 };
  const topics = useRead(['topics', 'count'], (signal) => api.topics.list({ query: ONE, signal }), first);
  const documents = useRead(['documents', 'count'], (signal) => api.documents.list({ query: ONE, signal }), first);
  const collections = useRead(['collections', 'count'], (signal) => api.collections.list({ query: ONE, signal }), first);
  if (!runs.data || !topics.data || !documents.data || !collections.data) return null;
  return {
    collections: collections.data.total,
    documents: documents.data.total,
    topics: topics.data.total,
    runs: runs.data.total,
    topic: topics.data.items[0]?.id,
  };
}

export function FirstSteps() {
  const t = useTexts();
  const progress = useProgress();
  if (!progress || progress.runs > 0) return null;
  const { collections, documents, topics, topic } = progress;
  const done = [collections > 0, documents > 0, topics > 0, false];
  return (
    <Paper withBorder p="lg">
      <Title order={2} size="h4" mb="sm">
        {t.firstSteps.title}
      </Title>
      <List type="ordered" spacing="xs" mb="md">
        {t.firstSteps.steps.map((step, index) => (
          <List.Item key={step} {...(done[index] && { c: 'dimmed' })}>
            {step} {done[index] && <Badge color="green">{t.firstSteps.done}</Badge>}
          </List.Item>
        ))}
      </List>
      <Group>
        {topics > 0 && <ToResearch topics={topics} topic={topic!} />}
        {topics === 0 && documents > 0 && <ToDiscovery />}
        <Button component={To} to="/collections" search={{ open: 'add' }} variant={documents > 0 || topics > 0 ? 'default' : 'filled'}>
          {t.collections.add}
        </Button>
      </Group>
    </Paper>
  );
}

function ToResearch({ topics, topic }: { topics: number; topic: string }) {
  const t = useTexts();
  if (topics > 1) {
    return (
      <Button component={To} to="/topics">
        {t.firstSteps.choose}
      </Button>
    );
  }
  return (
    <Button component={To} to={`/topics/${topic}`} search={{ tab: 'research' }}>
      {t.research.topic}
    </Button>
  );
}

function ToDiscovery() {
  const t = useTexts();
  return (
    <Button component={To} to="/topics" search={{ open: 'discover' }}>
      {t.topics.discover}
    </Button>
  );
}

/** On the page of a collection: what to do with the first documents. */
export function AfterFirstDocuments() {
  const t = useTexts();
  const progress = useProgress();
  if (!progress || progress.topics > 0 || progress.documents === 0) return null;
  return (
    <Alert color="cyan" title={t.firstSteps.documentsAreHere}>
      <Group justify="space-between">
        {t.firstSteps.discoverNext}
        <ToDiscovery />
      </Group>
    </Alert>
  );
}

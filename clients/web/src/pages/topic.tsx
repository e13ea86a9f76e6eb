import { type Topic, TopicStatus } from '@content-creator/client';
import { Button, Group, Menu, Tabs, Text } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useTab } from '../address';
import { useTexts } from '../language';
import { TopicBadge } from '../parts/badges';
import { ConfirmButton } from '../parts/confirm';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { useAction, useVersioned, type Versioned } from '../queries';
import { api } from '../session';
import { Competitors } from './topic/competitors';
import { TopicDocuments } from './topic/documents';
import { Drafts } from './topic/drafts';
import { TopicKeywords } from './topic/keywords';
import { Overview } from './topic/overview';
import { TopicResearch } from './topic/research';
import { External } from '../parts/external';

export function TopicPage() {
  const t = useTexts();
  const { id } = useParams({ strict: false }) as { id: string };
  const topic = useVersioned(['topics', id, 'whole'], (signal) => api.topics.get({ path: { id }, signal }));
  return (
    <Page
      title={topic.data?.data.title ?? t.topic.one}
      back={{ to: '/topics', name: t.nav.topics }}
      about={topic.data && <About topic={topic.data.data} />}
      actions={topic.data && <Actions versioned={topic.data} />}
    >
      <Loaded query={topic} lines={8}>
        {(versioned) => <Sections versioned={versioned} />}
      </Loaded>
    </Page>
  );
}

function About({ topic }: { topic: Topic }) {
  return (
    <Group gap="xs">
      <TopicBadge status={topic.status} />
      <Text size="sm">
        {topic.domain} · {topic.market} · {topic.language}
      </Text>
      {topic.source_url && (
        <Text size="sm">
          <External to={topic.source_url}>{topic.source_url}</External>
        </Text>
      )}
    </Group>
  );
}

function Actions({ versioned: { data: topic, etag } }: { versioned: Versioned<Topic> }) {
  const t = useTexts();
  const go = useNavigate();
  const stale = [['topics']];
  const move = useAction((status: TopicStatus) => api.topics.update({ path: { id: topic.id }, body: { status }, headers: { 'If-Match': etag } }), {
    stale,
    done: ({ data }) => t.topic.isNow(t.topicStatus[data.status]),
  });
  const remove = useAction(() => api.topics.delete({ path: { id: topic.id }, headers: { 'If-Match': etag } }), {
    done: () => {
      void go({ to: '/topics' });
      return t.topic.deleted;
    },
  });
  const shown = useTab('overview');
  return (
    <>
      {RESEARCHABLE.includes(topic.status) && shown.value !== 'research' && <Button onClick={() => shown.onChange('research')}>{t.topic.tabs.research}</Button>}
      <Menu>
        <Menu.Target>
          <Button variant="default" loading={move.isPending}>
            {t.topics.setStatus}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {nextStatuses(topic.status).map((status) => (
            <Menu.Item key={status} onClick={() => move.mutate(status)}>
              {t.topicStatus[status]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ConfirmButton label={t.common.delete} question={t.topic.deleteQuestion} busy={remove.isPending} act={() => remove.mutate(undefined)} />
    </>
  );
}

/** What a topic is before it has a report: research is then what comes next. */
const RESEARCHABLE: TopicStatus[] = ['discovered', 'validated'];

/** The statuses that a topic may go to: forward, or to the archive and back. */
export function nextStatuses(status: TopicStatus): TopicStatus[] {
  if (status === 'archived') return ['discovered'];
  const forward = Object.values(TopicStatus).filter((other) => other !== 'archived');
  return [...forward.slice(forward.indexOf(status) + 1), 'archived'];
}

const TABS = ['overview', 'documents', 'keywords', 'competitors', 'research', 'drafts'] as const;

function Sections({ versioned }: { versioned: Versioned<Topic> }) {
  const t = useTexts();
  const shown = useTab('overview');
  const topic = versioned.data;
  return (
    <Tabs {...shown} keepMounted={false}>
      <Tabs.List mb="lg">
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab}>
            {t.topic.tabs[tab]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="overview">
        <Overview versioned={versioned} />
      </Tabs.Panel>
      <Tabs.Panel value="documents">
        <TopicDocuments id={topic.id} />
      </Tabs.Panel>
      <Tabs.Panel value="keywords">
        <TopicKeywords id={topic.id} />
      </Tabs.Panel>
      <Tabs.Panel value="competitors">
        <Competitors id={topic.id} />
      </Tabs.Panel>
      <Tabs.Panel value="research">
        <TopicResearch topic={topic} />
      </Tabs.Panel>
      <Tabs.Panel value="drafts">
        <Drafts id={topic.id} />
      </Tabs.Panel>
    </Tabs>
  );
}

import type { TopicDocument } from '@content-creator/client';
import { Anchor, Text } from '@mantine/core';
import { usePaging } from '../../address';
import { useTexts } from '../../language';
import { Empty } from '../../parts/empty';
import { Loaded } from '../../parts/loaded';
import { type Column, DataTable } from '../../parts/table';
import { Time } from '../../parts/time';
import { To } from '../../parts/to';
import { useRead } from '../../queries';
import { api } from '../../session';

export function TopicDocuments({ id }: { id: string }) {
  const t = useTexts();
  const { page, page_size, turn } = usePaging();
  const documents = useRead(['topics', id, 'documents', page, page_size], (signal) =>
    api.topics.listDocuments({ path: { id }, query: { page, page_size }, signal }),
  );
  const columns: Column<TopicDocument>[] = [
    {
      name: t.common.title,
      cell: ({ id: document, title, source_name, language }) => (
        <>
          <Anchor component={To} to={`/documents/${document}`} lang={language}>
            {title}
          </Anchor>
          <Text size="xs" c="dimmed">
            {source_name}
          </Text>
        </>
      ),
    },
    { name: t.topic.why, cell: ({ reason, words }) => `${t.topicReason[reason]}${words ? `: ${words}` : ''}` },
    { name: t.documents.published, cell: ({ published_at }) => <Time at={published_at} /> },
  ];
  return (
    <Loaded query={documents}>
      {(list) => (
        <DataTable label={t.nav.documents} page={list} columns={columns} turn={turn} empty={<Empty title={t.topic.noDocuments}>{t.topic.noDocumentsCure}</Empty>} />
      )}
    </Loaded>
  );
}

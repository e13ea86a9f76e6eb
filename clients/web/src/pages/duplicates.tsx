import { type DuplicateCluster, DuplicateKind, type DuplicateSort } from '@content-creator/client';
import { Anchor, Badge, Group, SegmentedControl, Text } from '@mantine/core';
import { defined, useFilters, usePaging } from '../address';
import { percent } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';

export function Duplicates() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, kind: filters['kind'] as DuplicateKind | undefined, sort: filters['sort'] as DuplicateSort | undefined };
  const duplicates = useRead(['documents', 'duplicates', query], (signal) => api.documents.listDuplicates({ query: defined(query), signal }));
  const columns: Column<DuplicateCluster>[] = [
    {
      name: t.nav.documents,
      cell: ({ documents }) =>
        documents.map(({ id, title, source, similarity }) => (
          <Group key={id} gap="xs" py={4}>
            <Anchor component={To} to={`/documents/${id}`} size="sm">
              {title}
            </Anchor>
            <Text size="xs" c="dimmed">
              {source} · {percent(similarity, language)}
            </Text>
          </Group>
        )),
    },
    { name: t.duplicates.kind, cell: ({ kind }) => <Badge color={kind === 'exact' ? 'blue' : 'grape'}>{t.duplicateKind[kind]}</Badge> },
    { name: t.duplicates.size, sorts: ['-size'], numeric: true, cell: ({ size }) => size },
    { name: t.common.updated, sorts: ['-updated_at'], cell: ({ updated_at }) => <Time at={updated_at} /> },
  ];
  return (
    <Page title={t.nav.duplicates} about={t.duplicates.about}>
      <SegmentedControl
        w="fit-content"
        aria-label={t.duplicates.kind}
        value={filters['kind'] ?? ''}
        onChange={(kind) => change({ kind })}
        data={[{ value: '', label: t.common.all }, ...Object.values(DuplicateKind).map((value) => ({ value, label: t.duplicateKind[value] }))]}
      />
      <Loaded query={duplicates} lines={8}>
        {(list) => (
          <DataTable
            label={t.nav.duplicates}
            page={list}
            columns={columns}
            turn={turn}
            sort={filters['sort'] ?? '-updated_at'}
            onSort={(sort) => change({ sort })}
            busy={duplicates.isPlaceholderData}
            empty={<Empty title={t.duplicates.none}>{t.duplicates.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </Page>
  );
}

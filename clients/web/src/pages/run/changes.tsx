import type { ClaimChange, ComparedSource, ResearchClaim, ResearchRun, RunComparison } from '@content-creator/client';
import { Alert, Badge, List, Paper, Select, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useFilters } from '../../address';
import { dateTime, money, number } from '../../format';
import { useLanguage } from '../../language';
import { VerdictBadge } from '../../parts/badges';
import { External } from '../../parts/external';
import { Loaded } from '../../parts/loaded';
import { useRead } from '../../queries';
import { api } from '../../session';

/** What has changed from another run to this one: those of the same topic or question come first. */
export function Changes({ run }: { run: ResearchRun }) {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const query = { page_size: 100, ...(run.topic_id !== null && { topic_id: run.topic_id }) };
  const runs = useRead(['research', 'runs', query], (signal) => api.research.listRuns({ query, signal }));
  if (run.report === null) return <Text c="dimmed">{t.changes.noReport}</Text>;
  return (
    <Loaded query={runs}>
      {({ items }) => {
        const others = items.filter(({ id, report }) => id !== run.id && report !== null);
        const related = run.topic_id === null ? [...others].sort((one, other) => Number(other.question === run.question) - Number(one.question === run.question)) : others;
        if (related.length === 0) return <Text c="dimmed">{t.changes.onlyOne}</Text>;
        const against = related.some(({ id }) => id === filters['against']) ? filters['against']! : null;
        return (
          <Stack>
            <Select
              maw={560}
              label={t.changes.against}
              placeholder={t.changes.choose}
              data={related.map(({ id, question, created_at }) => ({ value: id, label: `${dateTime(created_at, language)} · ${question}` }))}
              value={against}
              onChange={(chosen) => change({ against: chosen ?? undefined })}
            />
            {against && <Compared id={run.id} against={against} />}
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Compared({ id, against }: { id: string; against: string }) {
  const comparison = useRead(['research', 'run', id, 'against', against], (signal) => api.research.compareRuns({ path: { id }, query: { against }, signal }));
  return <Loaded query={comparison}>{(found) => <Found comparison={found} />}</Loaded>;
}

function Found({ comparison }: { comparison: RunComparison }) {
  const { t } = useLanguage();
  const { claims, sources } = comparison;
  return (
    <Stack>
      {!comparison.same_question && <Alert color="yellow">{t.changes.otherQuestion}</Alert>}
      <Both comparison={comparison} />
      <Group title={t.changes.changed} count={claims.changed.length}>
        {claims.changed.map((one) => (
          <Changed key={one.after.id} change={one} />
        ))}
      </Group>
      <Group title={t.changes.new} count={claims.new.length}>
        <Claims claims={claims.new} />
      </Group>
      <Group title={t.changes.gone} count={claims.gone.length}>
        <Claims claims={claims.gone} />
      </Group>
      <Text c="dimmed">{t.changes.kept(claims.kept.length)}</Text>
      <Group title={t.changes.newSources} count={sources.new.length}>
        <Sources sources={sources.new} />
      </Group>
      <Group title={t.changes.goneSources} count={sources.gone.length}>
        <Sources sources={sources.gone} />
      </Group>
      <Group title={t.changes.changedSources} count={sources.changed.length}>
        <Sources sources={sources.changed.map(({ after }) => after)} />
      </Group>
      <Text c="dimmed">{t.changes.keptSources(sources.kept.length, sources.unread.length)}</Text>
    </Stack>
  );
}

/** The figures of both beside each other. */
function Both({ comparison: { older, newer } }: { comparison: RunComparison }) {
  const { t, language } = useLanguage();
  const rows: [string, (run: RunComparison['older']) => ReactNode][] = [
    [t.verdict.supported, ({ verdicts }) => number(verdicts.supported, language)],
    [t.verdict.partly, ({ verdicts }) => number(verdicts.partly, language)],
    [t.verdict.not_supported, ({ verdicts }) => number(verdicts.not_supported, language)],
    [t.research.sourcesRead, ({ sources_read }) => number(sources_read, language)],
    [t.research.cost, ({ cost }) => money(cost.known_usd, language)],
  ];
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={380} type="native">
        <Table horizontalSpacing="md" aria-label={t.changes.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              <Table.Th ta="end">{dateTime(older.finished_at, language)}</Table.Th>
              <Table.Th ta="end">{dateTime(newer.finished_at, language)}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(([name, of]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td ta="end">{of(older)}</Table.Td>
                <Table.Td ta="end">{of(newer)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

/** Nothing where there is nothing to tell. */
function Group({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h5" mb="sm">
        {title} ({count})
      </Title>
      {children}
    </Paper>
  );
}

function Changed({ change: { before, after, figures_before, figures_after, verdict_changed } }: { change: ClaimChange }) {
  const { t } = useLanguage();
  return (
    <div className="diff">
      <del>− {before.sentence}</del>
      <ins>+ {after.sentence}</ins>
      {(figures_before.length > 0 || figures_after.length > 0) && (
        <Badge color="yellow">
          {figures_before.join(', ') || '–'} → {figures_after.join(', ') || '–'}
        </Badge>
      )}
      {verdict_changed && (
        <Text component="span" size="sm" display="inline">
          {t.verdict[before.verdict]} → {t.verdict[after.verdict]}
        </Text>
      )}
    </div>
  );
}

function Claims({ claims }: { claims: ResearchClaim[] }) {
  return (
    <List spacing="xs">
      {claims.map(({ id, sentence, verdict }) => (
        <List.Item key={id}>
          {sentence} <VerdictBadge verdict={verdict} />
        </List.Item>
      ))}
    </List>
  );
}

function Sources({ sources }: { sources: ComparedSource[] }) {
  return (
    <List>
      {sources.map(({ url, title }) => (
        <List.Item key={url}>
          <External to={url}>{title || url}</External>
        </List.Item>
      ))}
    </List>
  );
}

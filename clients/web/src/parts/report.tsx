/** A report of research: every citation opens its quote beside its source. */
import type { ResearchClaim, ResearchRun } from '@content-creator/client';
import { Alert, Badge, Group, List, Paper, Stack, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { Suspense, useState } from 'react';
import { duration, money, number } from '../format';
import { useLanguage } from '../language';
import { useRead } from '../queries';
import { api } from '../session';
import { RunBadge, VerdictBadge } from './badges';
import { CitationDrawer, type Opened, type Said, ToQuote } from './citation';
import { claimsCited } from './cited';
import { Facts } from './facts';
import { lazily } from './lazily';
import { Loaded, Waiting } from './loaded';

const Markdown = lazily(async () => (await import('./markdown')).Markdown);

export function RunReport({ run }: { run: ResearchRun }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const claims = useRead(['research', run.id, 'claims'], (signal) =>
    api.research.listClaims({ path: { id: run.id }, query: { page_size: 100 }, signal }),
  );
  const known = claims.data?.items ?? [];
  return (
    <Stack>
      <RunFacts run={run} />
      <Shortfalls run={run} />
      {run.report && (
        <Paper withBorder p="lg" lang={run.output_language}>
          <Suspense fallback={<Waiting lines={8} />}>
            <Markdown
              text={run.report}
              citation={(cited, before) => {
                const meant = claimsCited(known, cited, before);
                const said = meant.length > 0 || !claims.data ? [] : saidBy(run, cited);
                if (meant.length + said.length === 0) return `[${cited}]`;
                return <ToQuote number={cited} open={() => setOpened({ claims: meant, said })} />;
              }}
            />
          </Suspense>
        </Paper>
      )}
      <Disagreements run={run} open={(said) => setOpened({ claims: [], said: [said] })} />
      <Loaded query={claims}>{({ items }) => <Claims claims={items} open={(claim) => setOpened({ claims: [claim], said: [] })} />}</Loaded>
      <CitationDrawer opened={opened} onClose={() => setOpened(null)} />
    </Stack>
  );
}

/** What a source says where sources differ. */
function saidBy(run: ResearchRun, source: number): Said[] {
  const values = run.disagreements.flatMap(({ values }) => values);
  return values.filter((value) => value.source === source).map(({ quote }) => ({ run: run.id, source, quote }));
}

function RunFacts({ run }: { run: ResearchRun }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group gap="xs">
          <RunBadge status={run.status} />
          {run.method && <Badge color={run.method === 'model' ? 'violet' : 'blue'}>{t.method[run.method]}</Badge>}
          {run.answered === false && <Badge color="orange">{t.research.notAnswered}</Badge>}
        </Group>
        <Facts
          facts={[
            [t.research.cost, money(run.cost.known_usd, language)],
            [t.research.requests, `${number(run.cost.requests, language)} / ${number(run.budget.max_requests, language)}`],
            [t.research.worked, duration(run.worked_seconds * 1000, language)],
            [t.research.sourcesRead, number(run.sources_read, language)],
          ]}
        />
        {run.cost.calls_of_unknown_cost > 0 && <Text size="sm">{t.research.unknownCost(run.cost.calls_of_unknown_cost)}</Text>}
      </Stack>
    </Paper>
  );
}

function Shortfalls({ run }: { run: ResearchRun }) {
  const { t } = useLanguage();
  const told = [...run.shortfalls, ...(run.error ? [run.error] : [])];
  if (told.length + run.open_questions.length === 0) return null;
  return (
    <Alert color="yellow" title={t.research.shortfalls}>
      <List size="sm">
        {told.map((text) => (
          <List.Item key={text}>{text}</List.Item>
        ))}
        {run.open_questions.map((question) => (
          <List.Item key={question}>
            {t.research.open}: <span lang={run.language}>{question}</span>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Disagreements({ run, open }: { run: ResearchRun; open: (said: Said) => void }) {
  const { t } = useLanguage();
  if (run.disagreements.length === 0) return null;
  return (
    <Paper withBorder p="md">
      <Title order={3} size="h4" mb="sm">
        {t.stories.disagreements}
      </Title>
      <Stack>
        {run.disagreements.map((disagreement, index) => (
          <div key={index}>
            <Text fw={600} lang={run.language}>
              {disagreement.subject}
            </Text>
            {disagreement.values.map((value) => (
              <Text size="sm" key={`${value.source} ${value.value}`}>
                <ToQuote number={value.source} open={() => open({ run: run.id, source: value.source, quote: value.quote })} /> <strong>{value.value}</strong> – “{value.quote}”
              </Text>
            ))}
          </div>
        ))}
      </Stack>
    </Paper>
  );
}

function Claims({ claims, open }: { claims: ResearchClaim[]; open: (claim: ResearchClaim) => void }) {
  const { t } = useLanguage();
  if (claims.length === 0) return null;
  return (
    <Paper withBorder>
      <Title order={3} size="h4" p="md" pb={0}>
        {t.research.claims}
      </Title>
      <Table.ScrollContainer minWidth={520} type="native">
        <Table verticalSpacing="xs" horizontalSpacing="md" aria-label={t.research.claims}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.research.claim}</Table.Th>
              <Table.Th>{t.research.verdict}</Table.Th>
              <Table.Th>{t.research.source}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {claims.map((claim) => (
              <Table.Tr key={claim.id}>
                <Table.Td>
                  <UnstyledButton fz="sm" onClick={() => open(claim)}>
                    {claim.sentence}
                  </UnstyledButton>
                </Table.Td>
                <Table.Td>
                  <VerdictBadge verdict={claim.verdict} />
                </Table.Td>
                <Table.Td>
                  [{claim.source.number}] {claim.source.title}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

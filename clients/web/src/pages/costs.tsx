import { type Call, CallState } from '@content-creator/client';
import { Alert, Paper, Select, SegmentedControl, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { defined, useFilters, usePaging } from '../address';
import { money, number } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { Facts } from '../parts/facts';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { useRead } from '../queries';
import { api } from '../session';

const SPANS = { day: 1, week: 7, month: 30 } as const;

export function Costs() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const span = filters['span'] ?? 'month';
  const since = useMemo(() => (span in SPANS ? daysAgo(SPANS[span as keyof typeof SPANS]) : undefined), [span]);
  return (
    <Page title={t.nav.costs} about={t.costs.about}>
      <SegmentedControl
        w="fit-content"
        aria-label={t.costs.span}
        value={span}
        onChange={(value) => change({ span: value === 'month' ? undefined : value })}
        data={(['day', 'week', 'month', 'all'] as const).map((value) => ({ value, label: t.costs.spans[value] }))}
      />
      <Sums since={since} />
      <Calls since={since} />
    </Page>
  );
}

/** To the minute, so that what is asked stays the same while a page is looked at. */
export function daysAgo(days: number): string {
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  return new Date(minute - days * 86_400_000).toISOString();
}

function Sums({ since }: { since: string | undefined }) {
  const { t, language } = useLanguage();
  const costs = useRead(['costs', 'sums', since], (signal) => api.costs.get({ query: defined({ since }), signal }));
  return (
    <Loaded query={costs}>
      {({ total, parts }) => (
        <>
          <Paper withBorder p="md">
            <Facts
              facts={[
                [t.costs.spent, money(total.known_usd, language)],
                [t.costs.calls, number(total.requests, language)],
                [t.costs.unknown, number(total.calls_of_unknown_cost, language)],
                [t.costs.tokens, `${number(total.input_tokens, language)} / ${number(total.output_tokens, language)}`],
              ]}
            />
          </Paper>
          {total.calls_of_unknown_cost > 0 && <Alert color="yellow">{t.costs.unknownHelp}</Alert>}
          {parts.length > 0 && (
            <Paper withBorder>
              <Table.ScrollContainer minWidth={480} type="native">
                <Table horizontalSpacing="md" aria-label={t.costs.byProvider}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t.costs.provider}</Table.Th>
                      <Table.Th>{t.costs.operation}</Table.Th>
                      <Table.Th ta="end">{t.costs.calls}</Table.Th>
                      <Table.Th ta="end">{t.costs.spent}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {parts.map((part) => (
                      <Table.Tr key={`${part.provider} ${part.model} ${part.operation}`}>
                        <Table.Td>
                          {part.provider} {part.model}
                        </Table.Td>
                        <Table.Td>{part.operation}</Table.Td>
                        <Table.Td ta="end">{number(part.requests, language)}</Table.Td>
                        <Table.Td ta="end">{money(part.known_usd, language)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Paper>
          )}
        </>
      )}
    </Loaded>
  );
}

function Calls({ since }: { since: string | undefined }) {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, since, state: filters['state'] as CallState | undefined };
  const calls = useRead(['costs', 'calls', query], (signal) => api.costs.listCalls({ query: defined(query), signal }));
  const columns: Column<Call>[] = [
    { name: t.costs.made, cell: ({ made_at }) => <Time at={made_at} /> },
    {
      name: t.costs.provider,
      cell: ({ provider, model, error }) => (
        <>
          {provider} {model}
          {error && (
            <Text size="xs" c="red" lang="en">
              {error}
            </Text>
          )}
        </>
      ),
    },
    { name: t.costs.operation, cell: ({ operation }) => operation },
    { name: t.jobs.state, cell: ({ state }) => t.callState[state] },
    { name: t.costs.tokens, numeric: true, cell: ({ input_tokens, output_tokens }) => `${number(input_tokens, language)} / ${number(output_tokens, language)}` },
    { name: t.research.cost, numeric: true, cell: ({ cost_usd }) => money(cost_usd, language) },
  ];
  return (
    <>
      <Select
        w={200}
        label={t.jobs.state}
        placeholder={t.common.all}
        clearable
        clearButtonProps={{ 'aria-label': t.common.clear }}
        data={Object.values(CallState).map((value) => ({ value, label: t.callState[value] }))}
        value={filters['state'] ?? null}
        onChange={(state) => change({ state: state ?? undefined })}
      />
      <Loaded query={calls}>
        {(list) => (
          <DataTable
            label={t.costs.calls}
            page={list}
            columns={columns}
            turn={turn}
            busy={calls.isPlaceholderData}
            empty={<Empty title={t.costs.none}>{t.costs.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </>
  );
}

/** A claim beside its source: the quote, marked in the text as it was when it was read. */
import type { ResearchClaim, ResearchSource } from '@content-creator/client';
import { Anchor, Badge, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { dateTime } from '../format';
import { useLanguage } from '../language';
import { useRead } from '../queries';
import { api } from '../session';
import { VerdictBadge } from './badges';
import { External } from './external';
import { Loaded } from './loaded';

/** A text in three: before, between and after two positions, counted in Unicode characters as the server counts. */
export function around(text: string, start: number, end: number): [before: string, quote: string, after: string] {
  const characters = Array.from(text);
  return [characters.slice(0, start).join(''), characters.slice(start, end).join(''), characters.slice(end).join('')];
}

/** What a source says without being cited for a sentence, as where sources differ. */
export interface Said {
  run: string;
  /** The position of the source. */
  source: number;
  quote: string;
}

/** What a citation opens: the claims it stands for, or else what its source says. */
export interface Opened {
  claims: ResearchClaim[];
  said: Said[];
}

/** A citation in a text. */
export function ToQuote({ number, open }: { number: number; open: () => void }) {
  const { t } = useLanguage();
  return (
    <Anchor component="button" inherit onClick={open} aria-label={t.citation.open(number)}>
      [{number}]
    </Anchor>
  );
}

export function CitationDrawer({ opened, onClose }: { opened: Opened | null; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Drawer
      opened={opened !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={t.citation.title}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      {opened?.claims.map((claim) => (
        <Citation key={claim.id} claim={claim} />
      ))}
      {opened?.said.map((said) => (
        <SaidBySource key={said.quote} said={said} />
      ))}
    </Drawer>
  );
}

function Citation({ claim }: { claim: ResearchClaim }) {
  const { t } = useLanguage();
  const { source } = claim;
  return (
    <Stack gap="md" mb="xl">
      <Stack gap={4}>
        <Title order={3} size="h5">
          {t.citation.says}
        </Title>
        <Text>{claim.sentence}</Text>
        <Group gap="xs">
          <VerdictBadge verdict={claim.verdict} />
          {claim.disputed && <Badge color="orange">{t.citation.disputed}</Badge>}
          <Text size="sm" c="dimmed">
            {t.citation.judged(t.citation.judges[claim.judged_by] ?? claim.judged_by)} · {t.citation.independent(claim.independent_sources)}
          </Text>
        </Group>
        {claim.reason && (
          <Text size="sm" c="dimmed" lang="en">
            {claim.reason}
          </Text>
        )}
      </Stack>
      <Source source={source} number={source.number} />
      <Snapshot id={source.snapshot_id} cut={(text) => around(text, claim.start, claim.end)} />
    </Stack>
  );
}

function SaidBySource({ said }: { said: Said }) {
  const { t } = useLanguage();
  const sources = useRead(['research', said.run, 'sources'], (signal) => api.research.listSources({ path: { id: said.run }, query: { page_size: 100 }, signal }));
  return (
    <Loaded query={sources}>
      {({ items }) => {
        const source = items.find(({ position }) => position === said.source);
        if (!source?.snapshot_id) return <Text c="dimmed">{t.failure.notFound}</Text>;
        return (
          <Stack gap="md" mb="xl">
            <Source source={source} number={source.position} />
            <Snapshot id={source.snapshot_id} cut={(text) => aroundWords(text, said.quote)} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

/** A text in three: before, with and after the words that are quoted. */
function aroundWords(text: string, quote: string): ReturnType<typeof around> {
  const at = text.indexOf(quote);
  return at < 0 ? [text, '', ''] : [text.slice(0, at), quote, text.slice(at + quote.length)];
}

function Source({ source, number }: { source: Pick<ResearchSource, 'url' | 'title' | 'fetched_at' | 'published_at'>; number: number }) {
  const { t, language } = useLanguage();
  return (
    <Stack gap={4}>
      <Title order={3} size="h5">
        {t.citation.source(number)}
      </Title>
      <Text size="sm">
        <External to={source.url}>{source.title || source.url}</External>
      </Text>
      <Text size="sm" c="dimmed">
        {t.citation.readAt(dateTime(source.fetched_at, language))}
        {source.published_at && ` · ${t.citation.publishedAt(dateTime(source.published_at, language))}`}
      </Text>
    </Stack>
  );
}

function Snapshot({ id, cut }: { id: string; cut: (text: string) => ReturnType<typeof around> }) {
  const snapshot = useRead(['research', 'snapshot', id], (signal) => api.research.getSnapshot({ path: { id }, signal }));
  return <Loaded query={snapshot}>{({ text, language }) => <Marked parts={cut(text)} language={language} />}</Loaded>;
}

function Marked({ parts: [before, quoted, after], language }: { parts: ReturnType<typeof around>; language: string }) {
  const { t } = useLanguage();
  const quote = useRef<HTMLElement>(null);
  const toQuote = () => {
    quote.current?.scrollIntoView({ block: 'center' });
  };
  useEffect(toQuote, []);
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Title order={3} size="h5">
          {t.citation.text}
        </Title>
        <Anchor component="button" size="sm" onClick={toQuote}>
          {t.citation.toQuote}
        </Anchor>
      </Group>
      <Text component="div" size="sm" className="source-text" lang={language}>
        {before}
        <mark ref={quote}>{quoted}</mark>
        {after}
      </Text>
    </Stack>
  );
}

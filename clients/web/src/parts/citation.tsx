/** A claim beside its source: the quote, marked in the text as it was when it was read. */
import type { ResearchClaim } from '@content-creator/client';
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

export function CitationDrawer({ claims, onClose }: { claims: ResearchClaim[] | null; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Drawer
      opened={claims !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={t.citation.title}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      {claims?.map((claim) => <Citation key={claim.id} claim={claim} />)}
    </Drawer>
  );
}

function Citation({ claim }: { claim: ResearchClaim }) {
  const { t, language } = useLanguage();
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
            {t.citation.judged(claim.judged_by)} · {t.citation.independent(claim.independent_sources)}
          </Text>
        </Group>
        {claim.reason && (
          <Text size="sm" c="dimmed" lang="en">
            {claim.reason}
          </Text>
        )}
      </Stack>
      <Stack gap={4}>
        <Title order={3} size="h5">
          {t.citation.source(source.number)}
        </Title>
        <Text size="sm">
          <External to={source.url}>{source.title || source.url}</External>
        </Text>
        <Text size="sm" c="dimmed">
          {t.citation.readAt(dateTime(source.fetched_at, language))}
          {source.published_at && ` · ${t.citation.publishedAt(dateTime(source.published_at, language))}`}
        </Text>
      </Stack>
      <Snapshot claim={claim} />
    </Stack>
  );
}

function Snapshot({ claim }: { claim: ResearchClaim }) {
  const id = claim.source.snapshot_id;
  const snapshot = useRead(['research', 'snapshot', id], (signal) => api.research.getSnapshot({ path: { id }, signal }));
  return <Loaded query={snapshot}>{({ text, language }) => <Marked text={text} language={language} claim={claim} />}</Loaded>;
}

function Marked({ text, language, claim }: { text: string; language: string; claim: ResearchClaim }) {
  const { t } = useLanguage();
  const quote = useRef<HTMLElement>(null);
  const toQuote = () => {
    quote.current?.scrollIntoView({ block: 'center' });
  };
  useEffect(toQuote, []);
  const [before, quoted, after] = around(text, claim.start, claim.end);
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

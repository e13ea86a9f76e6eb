/** How well a text is made, part by part, and what would improve it. */
import type { ContentScore as ContentScoreData, ContentScorePart } from '@content-creator/client';
import { Group, List, Progress, Stack, Table, Text } from '@mantine/core';
import { number, percent } from '../format';
import { useLanguage } from '../language';
import { contentPartInWords } from './explanations';

export function ContentScore({ score, label }: { score: ContentScoreData; label?: string }) {
  const { t, language } = useLanguage();
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Text fz={32} fw={700} lh={1}>
          {score.value.value === null ? t.common.unknown : number(score.value.value, language, 0)}
        </Text>
        <Text size="sm" c="dimmed" lang="en">
          {score.reason ?? `${score.profile} v${score.profile_version}`}
        </Text>
      </Group>
      <Table.ScrollContainer minWidth={380} type="native">
        <Table verticalSpacing="xs" aria-label={label ?? t.drafts.score}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.score.part}</Table.Th>
              <Table.Th>{t.score.value}</Table.Th>
              <Table.Th ta="end">{t.score.weight}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {score.parts.map((part) => (
              <Part key={part.name} part={part} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {score.suggestions.length > 0 && (
        <List lang="en" size="sm">
          {score.suggestions.map((suggestion) => (
            <List.Item key={suggestion}>{suggestion}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}

function Part({ part }: { part: ContentScorePart }) {
  const { t, language } = useLanguage();
  const { name, note } = contentPartInWords(part, { t, language });
  const value = part.value.value;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      </Table.Td>
      <Table.Td w={120}>
        <Text size="sm">{value === null ? t.common.unknown : percent(value, language)}</Text>
        {value !== null && <Progress value={value * 100} size="sm" aria-label={name} />}
      </Table.Td>
      <Table.Td ta="end">{percent(part.weight_used, language)}</Table.Td>
    </Table.Tr>
  );
}

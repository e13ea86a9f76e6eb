/** What a model proposes, apart from what is known and marked as its own. */
import { Badge, Group, List, Paper, Stack, Text, Title } from '@mantine/core';
import { useTexts } from '../language';

interface Props {
  model: string;
  /** Why it did not answer; null where it did. */
  error: string | null;
  /** What it proposes, by kind; empty kinds are left out. */
  lists: [name: string, proposed: string[]][];
}

export function Proposals({ model, error, lists }: Props) {
  const t = useTexts();
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group gap="xs">
          <Title order={3} size="h5">
            {t.proposals.title}
          </Title>
          <Badge color="violet">{model}</Badge>
        </Group>
        {error && (
          <Text size="sm" c="dimmed">
            {t.proposals.failed} <span lang="en">{error}</span>
          </Text>
        )}
        {lists.map(([name, proposed]) =>
          proposed.length > 0 ? (
            <div key={name}>
              <Text size="sm" fw={600}>
                {name}
              </Text>
              <List size="sm">
                {proposed.map((one) => (
                  <List.Item key={one}>{one}</List.Item>
                ))}
              </List>
            </div>
          ) : null,
        )}
      </Stack>
    </Paper>
  );
}

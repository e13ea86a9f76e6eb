/** What every page begins with: its name, one sentence about it, and what can be done here. */
import { Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { To } from './to';

interface Props {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  /** The list that this page is one of. */
  back?: { to: string; name: string };
  children: ReactNode;
}

export function Page({ title, about, actions, back, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Content Creator`;
  }, [title]);
  return (
    <Stack gap="lg" maw={1280} mx="auto">
      <Stack gap={4}>
        {back && (
          <Anchor component={To} to={back.to} size="sm" w="fit-content">
            <Group gap={4}>
              <IconArrowLeft size={14} aria-hidden />
              {back.name}
            </Group>
          </Anchor>
        )}
        <Group justify="space-between" align="flex-start" gap="md">
          <Stack gap={4} flex="1 1 18rem">
            <Title order={1} size="h2" dir="auto" className="breaks">
              {title}
            </Title>
            {about && (
              <Text component="div" c="dimmed">
                {about}
              </Text>
            )}
          </Stack>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
}

/** Names and values, beside each other where there is room. */
import { SimpleGrid, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Facts({ facts, columns = 4 }: { facts: [name: string, value: ReactNode][]; columns?: number }) {
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: columns }} spacing="md" m={0}>
      {facts.map(([name, value]) => (
        <Stack key={name} gap={0}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0}>
            {value}
          </Text>
        </Stack>
      ))}
    </SimpleGrid>
  );
}

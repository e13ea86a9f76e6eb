/** The filters of a list. On a phone the first stays and the others come on request, so that the list itself is in sight. */
import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTexts } from '../language';

export function FilterBar({ children }: { children: ReactNode }) {
  const t = useTexts();
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <Group align="flex-end" gap="sm" className="filters" data-open={opened || undefined}>
      {children}
      <Button className="filters-toggle" variant="default" leftSection={<IconFilter size={16} aria-hidden />} onClick={toggle} aria-expanded={opened}>
        {t.common.filters}
      </Button>
    </Group>
  );
}

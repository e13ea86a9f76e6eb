/** What a run of research may cost, and where it may look. */
import type { ResearchBudgetRequest, ResearchDepth, ResearchScope } from '@content-creator/client';
import { Button, Collapse, Group, NumberInput, Select, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import type { FormEvent, ReactNode } from 'react';
import { useTexts } from '../language';

export interface Budget {
  depth: ResearchDepth;
  scope: ResearchScope;
  budget: ResearchBudgetRequest;
}

interface Props {
  label: string;
  busy: boolean;
  submit: (budget: Budget, form: FormData) => void;
  /** What else the form asks for. */
  children?: ReactNode;
}

export function BudgetForm({ label, busy, submit, children }: Props) {
  const t = useTexts();
  const [opened, { toggle }] = useDisclosure(false);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    submit(read(form), form);
  };
  return (
    <form onSubmit={send}>
      <Stack>
        {children}
        <Group>
          <Button type="submit" loading={busy}>
            {label}
          </Button>
          <Button
            variant="subtle"
            rightSection={opened ? <IconChevronUp size={16} aria-hidden /> : <IconChevronDown size={16} aria-hidden />}
            onClick={toggle}
            aria-expanded={opened}
          >
            {t.research.limits}
          </Button>
        </Group>
        {/* What is folded up is sent all the same. */}
        <Collapse expanded={opened}>
          <Limits />
        </Collapse>
      </Stack>
    </form>
  );
}

function Limits() {
  const t = useTexts();
  return (
    <Group align="flex-end">
      <Select
        name="depth"
        label={t.research.depth}
        w={150}
        data={(['quick', 'balanced', 'deep'] as const).map((value) => ({ value, label: t.depth[value] }))}
        defaultValue="balanced"
        allowDeselect={false}
      />
      <Select
        name="scope"
        label={t.research.scope}
        w={250}
        data={(['all', 'archive'] as const).map((value) => ({ value, label: t.scope[value] }))}
        defaultValue="all"
        allowDeselect={false}
      />
      <NumberInput name="max_cost_usd" label={t.research.maxCost} placeholder={t.research.noLimit} min={0} step={0.1} decimalScale={4} w={150} />
      <NumberInput name="max_seconds" label={t.research.maxSeconds} min={10} max={3600} defaultValue={300} w={150} />
      <NumberInput name="max_requests" label={t.research.maxRequests} min={1} max={1000} defaultValue={100} w={150} />
    </Group>
  );
}

function read(form: FormData): Budget {
  const limit = (name: string) => (form.get(name) ? { [name]: Number(form.get(name)) } : {});
  return {
    depth: form.get('depth') as ResearchDepth,
    scope: form.get('scope') as ResearchScope,
    budget: { ...limit('max_cost_usd'), ...limit('max_seconds'), ...limit('max_requests') },
  };
}

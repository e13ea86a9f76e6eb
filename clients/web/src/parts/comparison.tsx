/** What has changed between two texts, line by line; long stretches without a change are folded. */
import type { DraftChange } from '@content-creator/client';
import { Text } from '@mantine/core';
import { useTexts } from '../language';

/** How many unchanged lines to show around a change. */
const AROUND = 2;

export function Comparison({ changes, language }: { changes: DraftChange[]; language: string }) {
  const t = useTexts();
  if (changes.every(({ op }) => op === 'equal')) return <Text c="dimmed">{t.drafts.same}</Text>;
  return (
    <div className="diff" lang={language}>
      {changes.map(({ op, text }, index) => {
        if (op === 'insert') return <ins key={index}>+ {text}</ins>;
        if (op === 'delete') return <del key={index}>− {text}</del>;
        return <span key={index}>{folded(text)}</span>;
      })}
    </div>
  );
}

function folded(text: string): string {
  const lines = text.split('\n');
  if (lines.length <= 2 * AROUND + 1) return text;
  return [...lines.slice(0, AROUND), '⋯', ...lines.slice(-AROUND)].join('\n');
}

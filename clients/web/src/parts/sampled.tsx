/** How many documents there are about a subject, and how many of them were read where these are not all. */
import type { ArchiveSample, Figure as FigureData } from '@content-creator/client';
import { Text } from '@mantine/core';
import { number } from '../format';
import { useLanguage } from '../language';
import { Figure } from './figure';

export function Sampled({ documents, sample }: { documents: FigureData; sample: ArchiveSample }) {
  const { t, language } = useLanguage();
  return (
    <Text c="dimmed">
      {t.keywords.from} <Figure figure={documents} />
      {!sample.complete && ` · ${t.keywords.newest(number(sample.read, language))}`}
    </Text>
  );
}

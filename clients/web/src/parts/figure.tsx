/** A figure that says where it comes from when it is pointed at; what nobody has measured is a dash. */
import type { Figure as FigureData } from '@content-creator/client';
import { Text, Tooltip } from '@mantine/core';
import { dateTime, number, percent } from '../format';
import { useLanguage } from '../language';

export function Figure({ figure }: { figure: FigureData | undefined }) {
  const { t, language } = useLanguage();
  if (!figure || figure.value === null) {
    return (
      <Tooltip label={t.figure.unknown}>
        <span>–</span>
      </Tooltip>
    );
  }
  const told = [figure.unit, figure.source, figure.method && t.figure.method[figure.method], dateTime(figure.measured_at, language)];
  return (
    <Tooltip label={told.filter(Boolean).join(' · ')} multiline maw={320}>
      <Text component="span" inherit>
        {figure.unit === 'share' ? percent(figure.value, language) : number(figure.value, language)}
      </Text>
    </Tooltip>
  );
}

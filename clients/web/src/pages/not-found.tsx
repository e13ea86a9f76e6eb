import { Button } from '@mantine/core';
import { useTexts } from '../language';
import { Empty } from '../parts/empty';
import { Page } from '../parts/page';
import { To } from '../parts/to';

export function NotFound() {
  const t = useTexts();
  return (
    <Page title={t.notFound.title}>
      <Empty title={t.notFound.text} action={<Button component={To} to="/">{t.nav.dashboard}</Button>} />
    </Page>
  );
}

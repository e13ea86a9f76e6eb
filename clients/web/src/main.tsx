import './mantine.css';
import './console.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { firstLanguage, LanguageProvider, load } from './language';
import { queryClient } from './queries';
import { router } from './routes';
import { useKey } from './session';
import { cssVariables, theme } from './theme';

/** The server makes one for each page; without it the policy refuses every style that a script adds. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
// For the scroll lock below dialogs, which Mantine takes from another package.
setNonce(nonce);

/** Whoever is signed in needs it no more. */
const SignIn = lazy(async () => ({ default: (await import('./pages/sign-in')).SignIn }));

function Console() {
  const key = useKey();
  if (key === null) {
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  }
  return <RouterProvider router={router} />;
}

const spoken = await load(firstLanguage());

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <LanguageProvider first={spoken}>
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-right" />
          <Console />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
);

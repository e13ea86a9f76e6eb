/** What is around every page: the way to the others, the command palette, language, colours, signing out. */
import { ActionIcon, Anchor, AppShell, Burger, Button, Group, Menu, NavLink, ScrollArea, Text, Tooltip } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconLanguage, IconLogout, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect, useState } from 'react';
import { type Language, LANGUAGE_NAMES, useLanguage, useTexts } from '../language';
import { LiveProvider, useLive } from '../live';
import { signOut } from '../session';
import { useScheme } from '../theme';
import { lazily } from './lazily';
import { GROUPS, type PageLink } from './pages';
import { To } from './to';

const Palette = lazily(async () => (await import('./palette')).Palette);

export function Shell() {
  const t = useTexts();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  /** How often the palette was asked for; it is loaded the first time. */
  const [asked, setAsked] = useState(0);
  const find = () => setAsked((times) => times + 1);
  useHotkeys([['mod+K', find]], []);
  // On a phone the menu covers the page.
  useEffect(() => close(), [pathname, close]);
  return (
    <LiveProvider>
      <AppShell header={{ height: 56 }} navbar={{ width: 240, breakpoint: 'md', collapsed: { mobile: !opened } }} padding={{ base: 'md', md: 'xl' }}>
        <Anchor href="#page" className="skip">
          {t.shell.skip}
        </Anchor>
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t.shell.menu} aria-expanded={opened} />
              <Brand />
            </Group>
            <Tools find={find} />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t.shell.navigation}>
          <ScrollArea>
            {GROUPS.map(({ group, pages }) => (
              <div key={group ?? ''} {...(group && { role: 'group', 'aria-label': t.navGroup[group] })}>
                {group && (
                  <Text size="xs" c="dimmed" fw={600} px="sm" pt={8} pb={2} aria-hidden>
                    {t.navGroup[group]}
                  </Text>
                )}
                {pages.map((page) => (
                  <ToPage key={page.to} page={page} pathname={pathname} />
                ))}
              </div>
            ))}
          </ScrollArea>
        </AppShell.Navbar>
        <AppShell.Main id="page" tabIndex={-1}>
          <Outlet />
        </AppShell.Main>
        <Suspense>{asked > 0 && <Palette asked={asked} />}</Suspense>
      </AppShell>
    </LiveProvider>
  );
}

function ToPage({ page: { to, name, icon: Icon }, pathname }: { page: PageLink; pathname: string }) {
  const t = useTexts();
  return (
    <NavLink
      component={To}
      to={to}
      py={6}
      label={t.nav[name]}
      leftSection={<Icon size={18} aria-hidden />}
      active={pathname === to || (to !== '/' && pathname.startsWith(`${to}/`))}
      aria-current={pathname === to ? 'page' : undefined}
    />
  );
}

function Brand() {
  return (
    <Group gap="xs" wrap="nowrap">
      <img src="/favicon.svg" alt="" width={26} height={26} />
      <Text fw={700} visibleFrom="xs">
        Content Creator
      </Text>
    </Group>
  );
}

function Tools({ find }: { find: () => void }) {
  const t = useTexts();
  return (
    <Group gap="xs" wrap="nowrap">
      <LiveSign />
      <Button
        variant="default"
        size="xs"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={
          <Text size="xs" c="dimmed" visibleFrom="sm">
            {navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl'} K
          </Text>
        }
        onClick={find}
      >
        {t.shell.find}
      </Button>
      <LanguageMenu />
      <SchemeButton />
      <Tooltip label={t.shell.signOut}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.shell.signOut} onClick={signOut}>
          <IconLogout size={18} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function LiveSign() {
  const t = useTexts();
  const live = useLive();
  return (
    <Tooltip label={live ? t.shell.live : t.shell.notLive}>
      <Text size="xs" c="dimmed" visibleFrom="sm" role="status">
        <Text component="span" inherit c={live ? 'teal' : 'orange'} aria-hidden>
          ●
        </Text>{' '}
        {live ? t.shell.liveShort : t.shell.notLiveShort}
      </Text>
    </Tooltip>
  );
}

function LanguageMenu() {
  const { t, language, speak } = useLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.shell.language}>
          <IconLanguage size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGE_NAMES) as Language[]).map((code) => (
          <Menu.Item key={code} lang={code} fw={code === language ? 700 : undefined} onClick={() => speak(code)}>
            {LANGUAGE_NAMES[code]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeButton() {
  const t = useTexts();
  const { dark, toggle } = useScheme();
  const Icon = dark ? IconSun : IconMoon;
  const label = dark ? t.shell.toLight : t.shell.toDark;
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={toggle}>
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

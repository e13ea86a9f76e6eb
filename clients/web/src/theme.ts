/** Colours with enough contrast everywhere: Mantine's own fall short of WCAG AA in dimmed texts and light badges. */
import { createTheme, type CSSVariablesResolver, defaultVariantColorsResolver, type MantineColor, useMantineColorScheme } from '@mantine/core';

const COLOURS: MantineColor[] = ['cyan', 'gray', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'indigo', 'violet', 'grape'];

export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 9 },
  // Whatever the system writes with: nothing to load, and nothing that jumps.
  fontFamily: 'system-ui, sans-serif',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver: defaultVariantColorsResolver,
  components: {
    // A badge that is cut off says nothing.
    Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 600, miw: 'fit-content' }, styles: { label: { overflow: 'visible' } } },
    Notification: { styles: { description: { color: 'var(--mantine-color-dimmed)' } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Anchor: { defaultProps: { underline: 'hover' } },
    Blockquote: { styles: { cite: { color: 'var(--mantine-color-dimmed)', opacity: 1 } } },
    // What scrolls must be reached by the keyboard.
    TableScrollContainer: { defaultProps: { tabIndex: 0 } },
    // The head of a dialog is no banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-anchor': 'var(--mantine-color-cyan-9)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    ...eachColour((colour) => `color-mix(in oklab, var(--mantine-color-${colour}-9), black 35%)`),
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-anchor': 'var(--mantine-color-cyan-3)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    ...eachColour((colour) => `var(--mantine-color-${colour}-1)`),
  },
});

function eachColour(text: (colour: MantineColor) => string): Record<string, string> {
  return Object.fromEntries(COLOURS.map((colour) => [`--mantine-color-${colour}-light-color`, text(colour)]));
}

/** Whether the colours are dark at the moment, and how to have the others. */
export function useScheme(): { dark: boolean; toggle: () => void } {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark = colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  return { dark, toggle: () => setColorScheme(dark ? 'light' : 'dark') };
}

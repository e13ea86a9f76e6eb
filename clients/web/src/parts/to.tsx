/**
 * A link within the console, for Mantine's `component`. Addresses are plain strings here; routes.tsx checks what they carry. The
 * router's own link follows every change of the address, which is too much for the hundreds that a list has.
 */
import { type NavigateOptions, useRouter } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, MouseEvent, Ref } from 'react';
import { stringifySearch } from '../address';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: string;
  search?: Record<string, unknown>;
  /** Whether it takes the place of this address: after a dialog, going back leads to the page below it. */
  replace?: boolean;
  ref?: Ref<HTMLAnchorElement>;
}

export function To({ to, search = {}, replace = false, onClick, ...rest }: Props) {
  const router = useRouter();
  const place = { to, search, replace } as NavigateOptions;
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate(place);
  };
  return <a href={to + stringifySearch(search)} onClick={go} onPointerEnter={() => void router.preloadRoute(place as never)} {...rest} />;
}

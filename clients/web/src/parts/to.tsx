/** A link within the console, for Mantine's `component`. Addresses are plain strings here; routes.tsx checks what they carry. */
import { Link, type LinkProps } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: string;
  search?: Record<string, unknown>;
  ref?: Ref<HTMLAnchorElement>;
}

export function To({ to, search, ...rest }: Props) {
  return <Link {...({ to, search } as LinkProps)} {...rest} />;
}

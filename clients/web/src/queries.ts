/** How the console asks: one cache, whose keys begin with the tag of the API, so that an event can say what is stale. */
import { notifications } from '@mantine/notifications';
import {
  MutationCache,
  QueryCache,
  QueryClient,
  type QueryKey,
  useMutation,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useLanguage } from './language';
import { explain } from './parts/failure';
import { noticeRefusal } from './session';

export type Tag =
  | 'topics'
  | 'collections'
  | 'hosts'
  | 'documents'
  | 'keywords'
  | 'stories'
  | 'searches'
  | 'research'
  | 'costs'
  | 'jobs'
  | 'webhooks'
  | 'admin';

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeRefusal }),
  mutationCache: new MutationCache({ onError: noticeRefusal }),
  defaultOptions: {
    // The client itself asks again where that is worth it.
    queries: { staleTime: 5_000, retry: false },
  },
});

type Answer<Data> = Promise<{ data: Data; response: Response }>;

/** Reads from the API. While a list turns its page or is narrowed, the last answer stays visible. */
export function useRead<Data>(
  key: readonly [Tag, ...unknown[]],
  ask: (signal: AbortSignal) => Answer<Data>,
  options: { enabled?: boolean; refetchInterval?: number | false | ((data: Data | undefined) => number | false) } = {},
): UseQueryResult<Data> {
  const { enabled = true, refetchInterval = false } = options;
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await ask(signal)).data,
    enabled,
    placeholderData: unlessAnother(key),
    refetchInterval: typeof refetchInterval === 'function' ? (query) => refetchInterval(query.state.data) : refetchInterval,
  });
}

/** The last answer, if it was one to the same question but for its page or filters. */
function unlessAnother(key: QueryKey) {
  return <Data>(last: Data | undefined, query?: { queryKey: QueryKey }): Data | undefined =>
    query && sameThing(query.queryKey, key) ? last : undefined;
}

/** Whether two keys differ at most in their queries; another id is another thing, whose data must not stand in. */
export function sameThing(one: QueryKey, other: QueryKey): boolean {
  return one.length === other.length && one.every((part, index) => typeof part !== 'string' || part === other[index]);
}

/** Something read together with the ETag that a change of it has to name. */
export interface Versioned<Data> {
  data: Data;
  etag: string;
}

export function useVersioned<Data>(
  key: readonly [Tag, ...unknown[]],
  ask: (signal: AbortSignal) => Answer<Data>,
): UseQueryResult<Versioned<Data>> {
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const { data, response } = await ask(signal);
      return { data, etag: response.headers.get('ETag') ?? '' };
    },
  });
}

/** Changes something; tells what went wrong, and makes the named parts of the cache stale. */
export function useAction<Input, Output>(
  act: (input: Input) => Promise<Output>,
  options: { stale?: QueryKey[]; done?: (output: Output, input: Input) => string | void; quiet?: boolean } = {},
) {
  const client = useQueryClient();
  const { t } = useLanguage();
  return useMutation({
    mutationFn: act,
    onSuccess: (output, input) => {
      const message = options.done?.(output, input);
      if (message) notifications.show({ message, color: 'teal', closeButtonProps: { 'aria-label': t.common.close } });
    },
    onError: (error) => {
      if (options.quiet) return;
      const { title, message } = explain(error, t);
      notifications.show({ title, message, color: 'red', autoClose: 10_000, closeButtonProps: { 'aria-label': t.common.close } });
    },
    onSettled: () => Promise.all((options.stale ?? []).map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

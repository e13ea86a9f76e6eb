/** What happens on the server, as it happens: one stream for the whole console. */
import { type Event, type Job, type JobProgress } from '@content-creator/client';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { useRead, type Tag } from './queries';
import { api } from './session';

/** Whether the stream is open, so that the header can say so. */
const Live = createContext(false);

/** However much happens, what is shown is read again at most so often. */
const REFRESH = 1_000;
const RECONNECT = 3_000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const ending = new AbortController();
    const refresher = new Refresher(client);
    void follow(ending.signal, {
      open: setOpen,
      happened: (event) => {
        noteProgress(client, event);
        refresher.add(tagsOf(event));
      },
      missed: () => void client.invalidateQueries(),
    });
    return () => {
      ending.abort();
      refresher.stop();
    };
  }, [client]);
  return <Live value={open}>{children}</Live>;
}

export function useLive(): boolean {
  return useContext(Live);
}

/** A job that is shown as it goes on, until it has finished. */
export function useJob(id: string | null) {
  return useRead(['jobs', 'one', id], (signal) => api.jobs.get({ path: { job_id: id! }, signal }), {
    enabled: id !== null,
    // The stream tells sooner; this is for when it is broken.
    refetchInterval: (job) => (job && job.finished_at === null ? 2_000 : false),
  });
}

interface Follower {
  /** Called when the line stands, and when it is broken. */
  open: (open: boolean) => void;
  happened: (event: Event) => void;
  /** Called when the line stands again: what happened meanwhile may have been forgotten by the server. */
  missed: () => void;
}

/** Follows everything for as long as somebody looks. It reconnects itself, so that it can say so. */
async function follow(signal: AbortSignal, { open, happened, missed }: Follower): Promise<void> {
  let last: string | undefined;
  for (let broken = false; !signal.aborted; broken = true) {
    const onOpen = () => {
      open(true);
      if (broken) missed();
    };
    try {
      const stream = api.events.stream({ signal, reconnects: 0, onOpen, ...(last && { headers: { 'Last-Event-ID': last } }) });
      for await (const event of stream) {
        last = event.id;
        happened(event);
      }
    } catch {
      // Refused or broken. Pages that ask for something tell why.
    }
    open(false);
    await pause(RECONNECT, signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Progress is shown at once, without asking. */
function noteProgress(client: QueryClient, event: Event): void {
  if (event.type !== 'job.progress') return;
  const { job_id: id, progress } = event.data as { job_id: string; progress: JobProgress };
  client.setQueryData<Job>(['jobs', 'one', id], (job) => job && { ...job, progress });
}

/** What an event makes stale. */
export function tagsOf(event: Pick<Event, 'type' | 'data'>): Tag[] {
  const [what, how] = event.type.split('.');
  if (what === 'topic') return ['topics'];
  if (what === 'webhook') return ['webhooks'];
  if (what === 'feed') return ['collections', 'documents', 'hosts'];
  if (how === 'queued' || how === 'running' || how === 'progress') return ['jobs'];
  return ['jobs', ...(MADE_BY[String(event.data['kind'])] ?? [])];
}

/** What a job of a kind has changed when it ends. */
const MADE_BY: Record<string, Tag[]> = {
  poll: ['collections', 'documents', 'hosts'],
  article: ['documents'],
  import: ['collections'],
  research: ['research', 'topics', 'costs'],
  research_keyword: ['research', 'topics'],
  research_competitor: ['research', 'topics'],
  research_serp: ['research'],
  discover_topics: ['topics'],
  rescore_topics: ['topics'],
  synthesize: ['topics', 'costs'],
};

/** Gathers what is stale and refreshes it together. */
class Refresher {
  private stale = new Set<Tag>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: QueryClient) {}

  add(tags: Tag[]): void {
    for (const tag of tags) this.stale.add(tag);
    this.timer ??= setTimeout(() => this.refresh(), REFRESH);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private refresh(): void {
    for (const tag of this.stale) void this.client.invalidateQueries({ queryKey: [tag] });
    this.stale.clear();
    this.timer = undefined;
  }
}

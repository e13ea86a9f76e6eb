/** A time as "3 hours ago"; pointing at it tells exactly when. A list has hundreds of them: the browser's own tip costs nothing. */
import { useSyncExternalStore } from 'react';
import { dateTime, fromNow, UNKNOWN } from '../format';
import { useLanguage } from '../language';

/** How often what is told from now is told anew. */
const TICK = 30_000;
const watchers = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;

export function Time({ at }: { at: string | null | undefined }) {
  const { language } = useLanguage();
  useSyncExternalStore(watch, ticks);
  if (!at) return <span>{UNKNOWN}</span>;
  return (
    <time dateTime={at} title={dateTime(at, language)} className="time">
      {fromNow(at, language)}
    </time>
  );
}

const ticks = () => Math.floor(Date.now() / TICK);

/** One clock for all that are shown. */
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  clock ??= setInterval(() => watchers.forEach((tell) => tell()), TICK);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
}

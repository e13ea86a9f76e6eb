/** What is loaded when it is first shown. Where nobody answers, it says so in its place and can be asked for again: all else stays. */
import { type ComponentType, use, useReducer } from 'react';
import { Failure } from './failure';

interface Lazily<Props> {
  (props: Props): React.ReactNode;
  /** Loads it before it is shown; never fails. */
  preload: () => Promise<void>;
}

export function lazily<Props extends object = object>(load: () => Promise<ComponentType<Props>>): Lazily<Props> {
  let component: ComponentType<Props> | undefined;
  let failure: unknown;
  let loading: Promise<void> | undefined;
  const preload = () =>
    (loading ??= load().then(
      (loaded) => {
        component = loaded;
      },
      async (error: unknown) => {
        await beginAnewOnNewServer();
        failure = error;
      },
    ));
  const again = () => {
    failure = undefined;
    loading = undefined;
  };
  function Lazy(props: Props) {
    const [, draw] = useReducer((times: number) => times + 1, 0);
    if (!component && failure === undefined) use(preload());
    const Component = component;
    if (Component) return <Component {...props} />;
    return <Failure error={failure} retry={() => (again(), draw())} />;
  }
  return Object.assign(Lazy, { preload });
}

const BEGUN = 'content-creator.begun-anew';
/** A file that is missing for longer than this many milliseconds is missing on the new server, too. */
const PATIENCE = 30_000;

/** A file that is missing on a server that answers was that of an older one: the page then begins anew, with the files of now. */
async function beginAnewOnNewServer(): Promise<void> {
  const answers = await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!answers || Date.now() - Number(sessionStorage.getItem(BEGUN)) < PATIENCE) return;
  sessionStorage.setItem(BEGUN, String(Date.now()));
  window.location.reload();
  await new Promise(() => undefined);
}

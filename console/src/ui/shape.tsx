/** A state as a shape and a colour (and a word for who sees neither). */
export type State = 'ok' | 'warning' | 'error' | 'none' | 'waiting' | 'running';

const words: Readonly<Record<State, string>> = {
  ok: 'in order',
  warning: 'warning',
  error: 'error',
  none: 'not yet',
  waiting: 'waiting',
  running: 'under way',
};
export const stateWord = (state: State): string => words[state];

function drawing(state: State) {
  switch (state) {
    case 'ok':
      return <circle cx="6" cy="6" r="4.5" />;
    case 'warning':
      return <path d="M6 1 11.4 10.6H.6Z" />;
    case 'error':
      return <rect x="1.5" y="1.5" width="9" height="9" rx="1" />;
    case 'waiting':
      return <path d="M6 .6 11.4 6 6 11.4 .6 6Z" />;
    case 'running':
      return (
        <>
          <circle cx="6" cy="6" r="4.5" className="shape-track" />
          <path d="M6 1.5A4.5 4.5 0 0 1 10.5 6" className="shape-arc" />
        </>
      );
    case 'none':
      return <circle cx="6" cy="6" r="4" className="shape-ring" />;
  }
}

/** `label` undefined: the word of the state; null: the text beside it says it already. */
export function Shape(props: { state: State; label?: string | null; size?: number }) {
  const label = props.label === undefined ? words[props.state] : props.label;
  const size = props.size ?? 10;
  return (
    <svg
      className={`shape shape-${props.state}`}
      width={size}
      height={size}
      viewBox="0 0 12 12"
      role={label === null ? undefined : 'img'}
      aria-label={label ?? undefined}
      aria-hidden={label === null ? true : undefined}
    >
      {drawing(props.state)}
    </svg>
  );
}

/** Shape and text on one line. */
export function StateText(props: { state: State; children: React.ReactNode; title?: string | undefined }) {
  return (
    <span className="state-text" title={props.title}>
      <Shape state={props.state} label={null} />
      <span>{props.children}</span>
    </span>
  );
}

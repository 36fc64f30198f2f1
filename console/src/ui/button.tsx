/** Buttons. A forbidden one stays visible and says who may. */
import type { ReactNode } from 'react';
import type { Role } from '../api/types.ts';
import { roleTitle, useMay } from '../shell/session.tsx';

export function Button(props: {
  children: ReactNode;
  onClick?: (() => void) | undefined;
  kind?: 'primary' | 'danger' | 'quiet' | 'plain';
  size?: 'small';
  /** The role this takes; without it the button is disabled and says so. */
  needs?: Role;
  disabled?: boolean | undefined;
  busy?: boolean;
  type?: 'button' | 'submit';
  title?: string;
}) {
  const may = useMay(props.needs);
  const why =
    may || !props.needs ? props.title : `This takes the role ${roleTitle(props.needs)}. Ask somebody who has it.`;
  const classes = ['button', props.kind ? `button-${props.kind}` : '', props.size ? 'button-small' : ''];
  return (
    <button
      type={props.type ?? 'button'}
      className={classes.join(' ')}
      aria-disabled={!may || undefined}
      disabled={props.disabled || props.busy}
      title={why}
      onClick={(event) => {
        if (!may) event.preventDefault();
        else props.onClick?.();
      }}
    >
      {props.busy && <span className="spinner" aria-hidden="true" />}
      {props.children}
      {!may && <span className="visually-hidden"> (needs the role {props.needs})</span>}
    </button>
  );
}

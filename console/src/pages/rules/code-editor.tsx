/** A plain text area with line numbers and marks; a tab indents, Ctrl-S saves, Escape then Tab leaves. */
import { type KeyboardEvent, useRef } from 'react';
import { Shape, type State } from '../../ui/shape.tsx';

export function CodeEditor(props: {
  label: string;
  text: string;
  onChange: (text: string) => void;
  onSave: () => void;
  lines: ReadonlyMap<number, State>;
}) {
  const gutter = useRef<HTMLDivElement>(null);
  const leaves = useRef(false);
  const count = props.text.split('\n').length;
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault();
      props.onSave();
    } else if (event.key === 'Escape') leaves.current = true;
    else if (event.key === 'Tab' && !event.shiftKey && !leaves.current) {
      event.preventDefault();
      document.execCommand('insertText', false, '  ');
    } else leaves.current = false;
  };
  return (
    <div className="editor">
      <div className="editor-gutter" ref={gutter} aria-hidden="true">
        {Array.from({ length: count }, (_, i) => {
          const state = props.lines.get(i + 1);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are known by their number
            <span key={i} className={state ? `editor-line editor-${state}` : 'editor-line'}>
              {state && <Shape state={state} size={8} label={null} />}
              {i + 1}
            </span>
          );
        })}
      </div>
      <textarea
        className="editor-text"
        aria-label={props.label}
        title="Tab indents; Escape and then Tab leaves the field"
        spellCheck={false}
        autoCapitalize="off"
        wrap="off"
        rows={Math.max(18, count + 1)}
        value={props.text}
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

/** Sentences of the service in which instants are written as ISO 8601. */
import { Time } from './time.tsx';

const instant = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;

/** The text with its instants as people read them. */
export function Told(props: { text: string }) {
  const parts = props.text.split(instant);
  return (
    <>
      {parts.map((part, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence never change places
        i % 2 === 1 ? <Time key={i} at={part} /> : part,
      )}
    </>
  );
}

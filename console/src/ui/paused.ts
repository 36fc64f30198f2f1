/** What somebody types, once she pauses: a question for every key would only queue before the last one. */
import { useEffect, useState } from 'react';

/** Milliseconds between two keys of somebody who types on. */
const typingMs = 100;

/** `value` as it was when it last stood still for `ms`. */
export function usePaused<T>(value: T, ms = typingMs): T {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return paused;
}

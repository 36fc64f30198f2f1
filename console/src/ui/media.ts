/** Whether the window is narrow: tables become cards. */
import { useSyncExternalStore } from 'react';

const narrow = window.matchMedia('(max-width: 700px)');

export const useIsNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => narrow.matches,
  );

/** What people do: one function for each change, with the refusal said aloud. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { announce } from '../ui/toast.tsx';
import { send } from './client.ts';

/** Says why something was refused. */
export const tellRefusal = (error: unknown): void =>
  announce(error instanceof Error ? error.message : String(error), 'error');

export function useCycle() {
  const client = useQueryClient();
  const start = useMutation({
    mutationFn: (policy: 'delta' | 'initial') => send('POST', '/cycles', { policy }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['status'] }),
    onError: tellRefusal,
  });
  return {
    mutate: start.mutate,
    isPending: start.isPending,
    stop: () =>
      void send('POST', '/work/stop').then(
        () => announce('The cycle stops after what it is writing now.'),
        tellRefusal,
      ),
  };
}

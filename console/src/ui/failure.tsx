/** What to show instead of something that could not be read. */
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import { Empty } from './parts.tsx';

export function Failure(props: { error: unknown; onRetry?: () => void }) {
  const error = props.error;
  const isGone = error instanceof ApiError && error.status === 404;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <Empty
      state={isGone ? 'none' : 'error'}
      title={isGone ? 'There is nothing here' : 'This could not be read'}
      action={props.onRetry && !isGone ? <Button onClick={props.onRetry}>Try again</Button> : undefined}
    >
      {message}
    </Empty>
  );
}

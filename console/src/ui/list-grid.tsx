/** A grid over a list that is read page by page, or why it could not be read. */
import { Failure } from './failure.tsx';
import { Grid, type GridProps } from './grid.tsx';

export interface ListGridProps<Row> extends Omit<GridProps<Row>, 'rows' | 'isLoading' | 'hasMore' | 'onMore'> {
  /** As `useList` gives it. */
  readonly list: {
    readonly rows: readonly Row[];
    readonly isLoading: boolean;
    readonly hasMore: boolean;
    readonly onMore: () => void;
    readonly error: Error | null;
    readonly refetch: () => unknown;
  };
}

export function ListGrid<Row>({ list, ...grid }: ListGridProps<Row>) {
  if (list.error) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  return <Grid {...grid} rows={list.rows} isLoading={list.isLoading} hasMore={list.hasMore} onMore={list.onMore} />;
}

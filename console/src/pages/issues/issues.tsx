/** What is wrong: causes first, one line each however many objects suffer; the objects in error behind them. */
import { useQuery } from '@tanstack/react-query';
import { findingsQuery } from '../../api/queries.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead } from '../../ui/parts.tsx';
import type { State } from '../../ui/shape.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Causes } from './causes.tsx';
import { ObjectsInError } from './objects-in-error.tsx';

export function Issues() {
  const [query, change] = useQueryState();
  const findings = useQuery(findingsQuery);
  const selected = query.tab === 'objects' || query.code || query.phase || query.category ? 'objects' : 'causes';
  const worst = findings.data?.findings?.[0]?.severity;
  const state: State | undefined = findings.data
    ? worst === undefined
      ? 'ok'
      : ({ error: 'error', warning: 'warning', info: 'ok' } as const)[worst]
    : undefined;
  return (
    <div className="page page-fill">
      <PageHead
        title="Issues"
        state={state}
        verdict={
          findings.data?.verdict ?? (findings.error ? 'The diagnosis could not be made.' : 'Looking at everything…')
        }
      >
        <Button busy={findings.isFetching} onClick={() => void findings.refetch()}>
          Look again
        </Button>
      </PageHead>
      <Tabs
        label="Issues"
        isFill
        tabs={[
          { key: 'causes', title: 'Causes' },
          { key: 'objects', title: 'Objects in error' },
        ]}
        selected={selected}
        onSelect={(tab) =>
          change({ tab: tab === 'objects' ? tab : undefined, category: undefined, code: undefined, phase: undefined })
        }
      >
        {selected === 'causes' ? <Causes /> : <ObjectsInError />}
      </Tabs>
    </div>
  );
}

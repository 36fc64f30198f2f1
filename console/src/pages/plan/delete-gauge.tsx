/** How many deletes wait against how many are allowed, and the approval of exactly those. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { send } from '../../api/client.ts';
import type { DeletePlan } from '../../api/generated.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Card, Note } from '../../ui/parts.tsx';
import { count, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';

export function DeleteGauge(props: { plan: DeletePlan }) {
  const { plan } = props;
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const path = `/plan/${encodeURIComponent(plan.connector)}/approval`;
  const refresh = () => {
    for (const key of ['plan', 'status', 'audit']) void client.invalidateQueries({ queryKey: [key] });
  };
  const approve = useMutation({
    mutationFn: () => send('POST', path, { hash: plan.hash }),
    onSuccess: () => {
      announce(`${plural(plan.deletes, 'delete')} approved. The next export carries them out.`);
      setAsking(false);
      refresh();
    },
    onError: (error) => {
      tellRefusal(error);
      setAsking(false);
      refresh();
    },
  });
  const withdraw = useMutation({
    mutationFn: () => send('DELETE', path, { hash: plan.hash }),
    onSuccess: () => {
      announce('The approval was taken back.');
      refresh();
    },
    onError: tellRefusal,
  });
  const share = plan.threshold === 0 ? 0 : Math.min(1, plan.deletes / plan.threshold);
  return (
    <Card title="Accidental deletes">
      <div className="stack stack-12">
        <div className="between">
          <span>
            <span className="gauge-number">{count(plan.deletes)}</span>{' '}
            <span className="soft">
              {plan.threshold === 0 ? 'waiting, no limit' : `of ${count(plan.threshold)} allowed`}
            </span>
          </span>
        </div>
        <meter
          className={plan.isHeld ? 'gauge gauge-over' : 'gauge'}
          min={0}
          max={1}
          value={share}
          aria-label={`${plan.deletes} deletes of ${plan.threshold} allowed`}
        />
        {plan.approval ? (
          <Note
            state="ok"
            action={
              <Button size="small" needs="approver" busy={withdraw.isPending} onClick={() => withdraw.mutate()}>
                Take it back
              </Button>
            }
          >
            {plan.approval.who} approved exactly these deletes <Time at={plan.approval.time} />.
          </Note>
        ) : plan.isHeld ? (
          <>
            <p className="small">
              Nothing is exported to {plan.connector} until these deletes are approved or fewer wait.
            </p>
            <Button kind="danger" needs="approver" onClick={() => setAsking(true)}>
              Approve {plural(plan.deletes, 'delete')}
            </Button>
          </>
        ) : (
          <p className="soft small">More deletes than allowed stop the export before anything is written.</p>
        )}
      </div>
      {isAsking && (
        <Dialog
          title={`Approve ${plural(plan.deletes, 'delete')}`}
          onClose={() => setAsking(false)}
          footer={
            <>
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button kind="danger" needs="approver" busy={approve.isPending} onClick={() => approve.mutate()}>
                Delete {plural(plan.deletes, 'object')} in {plan.connector}
              </Button>
            </>
          }
        >
          <div className="stack stack-12">
            <p>
              {plural(plan.deletes, 'object')} will be deleted in {plan.connector} with the next export. Users go to the
              recycle bin for 30 days; groups without mail and contacts are gone at once.
            </p>
            <p className="soft">
              The approval is good for exactly these objects: should one more be added, all of them are held back again.
            </p>
            <p className="soft small mono break">{plan.hash}</p>
          </div>
        </Dialog>
      )}
    </Card>
  );
}

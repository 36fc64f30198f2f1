/** What can be set while the service runs: schedule, guards, history. Everything else is in causeway.yaml. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/client.ts';
import type { Scheduler } from '../../api/generated.ts';
import { statusQuery } from '../../api/queries.ts';
import { roleTitle, useSession } from '../../shell/session.tsx';
import { setTheme, type Theme, useTheme } from '../../shell/theme.ts';
import { Button } from '../../ui/button.tsx';
import { Field, Switch, Toggle } from '../../ui/fields.tsx';
import { Card, Facts, Note, PageHead, Skeleton } from '../../ui/parts.tsx';
import { count, duration, fieldMs } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';
import { Notifications } from './notifications.tsx';
import { SignInLinks } from './sign-in-links.tsx';

type Changes = Partial<Record<keyof Scheduler | 'ExportDeletionThreshold', string | boolean | null>>;

function useSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: Changes) => send<Scheduler>('PATCH', '/scheduler', changes),
    onSuccess: () => {
      announce('Saved; it takes effect at once.');
      for (const key of ['status', 'audit', 'plan']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

export function Settings() {
  const status = useQuery(statusQuery);
  const s = status.data;
  if (!s)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    );
  const f = s.scheduler;
  return (
    <div className="page">
      <PageHead
        title="Settings"
        state={f.SyncCycleEnabled && !f.SchedulerSuspended ? (f.StagingModeEnabled ? 'warning' : 'ok') : 'warning'}
        verdict={
          !f.SyncCycleEnabled
            ? 'The schedule is off: nothing runs by itself.'
            : `A cycle runs every ${duration(fieldMs(f.CurrentlyEffectiveSyncCycleInterval))}${f.StagingModeEnabled ? ' and exports nothing: staging' : ''}.`
        }
      />
      <div className="halves">
        <ScheduleCard scheduler={f} />
        <GuardCard scheduler={f} threshold={s.exportDeletionThreshold} />
        <Notifications />
        <SignInLinks />
        <YouCard />
      </div>
    </div>
  );
}

function ScheduleCard(props: { scheduler: Scheduler }) {
  const f = props.scheduler;
  const save = useSettings();
  const [interval, setInterval] = useState(f.CustomizedSyncCycleInterval ?? '');
  return (
    <Card title="Schedule">
      <div className="stack stack-16">
        <Switch
          needs="admin"
          label="Cycles run by themselves"
          isOn={f.SyncCycleEnabled}
          onChange={(on) => save.mutate({ SyncCycleEnabled: on })}
        />
        <Switch
          needs="admin"
          label="Suspended for now"
          isOn={f.SchedulerSuspended}
          onChange={(on) => save.mutate({ SchedulerSuspended: on })}
        />
        <form
          className="row row-wrap row-top evaluate-row"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ CustomizedSyncCycleInterval: interval.trim() === '' ? null : interval.trim() });
          }}
        >
          <div className="grow">
            <Field
              label="Time between cycles"
              hint={`Now ${duration(fieldMs(f.CurrentlyEffectiveSyncCycleInterval))}. Empty: as causeway.yaml says. For example 15m or 00:15:00.`}
              error={
                save.variables && 'CustomizedSyncCycleInterval' in save.variables ? save.error?.message : undefined
              }
            >
              {(ids) => (
                <input {...ids} className="input mono" value={interval} onChange={(e) => setInterval(e.target.value)} />
              )}
            </Field>
          </div>
          <Button type="submit" needs="admin" busy={save.isPending}>
            Save
          </Button>
        </form>
        <div className="field">
          <span className="label">The next cycle</span>
          <Toggle
            label="The next cycle"
            value={f.NextSyncCyclePolicyType}
            options={[
              ['Delta', 'Reads what changed'],
              ['Initial', 'Reads everything'],
            ]}
            onChange={(value) => save.mutate({ NextSyncCyclePolicyType: value })}
          />
          <span className="field-hint">
            {f.MaintenanceWindowOpen && 'A maintenance window is open. '}
            {f.NextSyncCycleStartTimeInUTC ? (
              <>
                Starts <Time at={f.NextSyncCycleStartTimeInUTC} />.
              </>
            ) : (
              'None is planned.'
            )}
          </span>
        </div>
        {save.error && !('CustomizedSyncCycleInterval' in (save.variables ?? {})) && (
          <Note state="error">{save.error.message}</Note>
        )}
      </div>
    </Card>
  );
}

function GuardCard(props: { scheduler: Scheduler; threshold: number }) {
  const f = props.scheduler;
  const save = useSettings();
  const [threshold, setThreshold] = useState(String(props.threshold));
  const [purge, setPurge] = useState(f.PurgeRunHistoryInterval);
  const field = Object.keys(save.variables ?? {})[0];
  return (
    <Card title="Guards and history">
      <div className="stack stack-16">
        <Switch
          needs="admin"
          label="Staging: import and compute, export nothing"
          isOn={f.StagingModeEnabled}
          onChange={(on) => save.mutate({ StagingModeEnabled: on })}
        />
        <form
          className="row row-wrap row-top evaluate-row"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ ExportDeletionThreshold: threshold.trim() });
          }}
        >
          <div className="grow">
            <Field
              label="Most deletes of one export"
              hint={`Now ${count(props.threshold)}. More are held back for an approval; 0 switches the guard off.`}
              error={field === 'ExportDeletionThreshold' ? save.error?.message : undefined}
            >
              {(ids) => (
                <input
                  {...ids}
                  className="input"
                  inputMode="numeric"
                  value={threshold}
                  onChange={(e) => setThreshold(e.target.value)}
                />
              )}
            </Field>
          </div>
          <Button type="submit" needs="admin" busy={save.isPending}>
            Save
          </Button>
        </form>
        <form
          className="row row-wrap row-top evaluate-row"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ PurgeRunHistoryInterval: purge.trim() });
          }}
        >
          <div className="grow">
            <Field
              label="Runs are kept for"
              hint={`Now ${duration(fieldMs(f.PurgeRunHistoryInterval))}. For example 30d.`}
              error={field === 'PurgeRunHistoryInterval' ? save.error?.message : undefined}
            >
              {(ids) => (
                <input {...ids} className="input mono" value={purge} onChange={(e) => setPurge(e.target.value)} />
              )}
            </Field>
          </div>
          <Button type="submit" needs="admin" busy={save.isPending}>
            Save
          </Button>
        </form>
        {field === 'StagingModeEnabled' && save.error && <Note state="error">{save.error.message}</Note>}
      </div>
    </Card>
  );
}

function YouCard() {
  const session = useSession();
  const theme = useTheme();
  return (
    <Card title="You">
      <div className="stack stack-16">
        <Facts
          rows={[
            ['Signed in as', session.name],
            ['Roles', session.roles.map(roleTitle).join(', ')],
            ['Through', session.method === 'link' ? 'a one-time link' : 'your organization'],
            ['Until', <Time key="t" at={session.expires} />],
          ]}
        />
        <div className="field">
          <span className="label">Theme</span>
          <Toggle<Theme>
            label="Theme"
            value={theme}
            options={[
              ['system', 'As the system'],
              ['light', 'Light'],
              ['dark', 'Dark'],
            ]}
            onChange={setTheme}
          />
        </div>
      </div>
    </Card>
  );
}

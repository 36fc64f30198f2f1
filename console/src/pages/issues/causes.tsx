/** Findings grouped by root cause. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { findingsQuery } from '../../api/queries.ts';
import type { Finding } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice } from '../../ui/fields.tsx';
import { type Column, Grid } from '../../ui/grid.tsx';
import { Badge, Card, Empty } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { count } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { severityState } from './finding.tsx';

const columns: readonly Column<Finding>[] = [
  {
    key: 'title',
    title: 'Cause',
    width: 'minmax(240px, 2fr)',
    cell: (f) => (
      <StateText state={severityState(f.severity)} title={f.summary}>
        <span className="strong">{f.title}</span>
      </StateText>
    ),
  },
  {
    key: 'value',
    title: 'Attribute and value',
    width: 'minmax(180px, 1.6fr)',
    cell: (f) =>
      f.attribute || f.value ? (
        <span title={f.value}>
          {f.attribute && <span className="soft">{f.attribute} </span>}
          <span className="mono">{f.value}</span>
        </span>
      ) : (
        <span className="faint">–</span>
      ),
  },
  { key: 'objects', title: 'Objects', width: '72px', isNumber: true, cell: (f) => count(f.affected) },
  {
    key: 'fix',
    title: 'Fix',
    width: '130px',
    cell: (f) =>
      f.fix.some((x) => x.applicable) ? (
        <Badge tone="accent">can be applied</Badge>
      ) : (
        <span className="soft">{f.fix.length > 0 ? 'by hand' : '–'}</span>
      ),
  },
  {
    key: 'predicted',
    title: 'Seen',
    width: '110px',
    cell: (f) =>
      f.predicted ? <Badge title="The next export would be refused">predicted</Badge> : <Time at={f.firstSeen} />,
  },
  {
    key: 'code',
    title: 'Case',
    width: 'minmax(160px, 1fr)',
    isWideOnly: true,
    cell: (f) => <span className="mono soft">{f.code}</span>,
  },
];

export function Causes() {
  const [query, change] = useQueryState();
  const findings = useQuery(findingsQuery);
  const all = findings.data?.findings ?? [];
  const rows = useMemo(
    () =>
      all.filter((f) => (!query.severity || f.severity === query.severity) && (!query.case || f.code === query.case)),
    [all, query.severity, query.case],
  );
  if (findings.error) return <Failure error={findings.error} onRetry={() => void findings.refetch()} />;
  return (
    <>
      <div className="toolbar toolbar-spaced">
        <Choice
          label="Severity"
          value={query.severity}
          any="Every severity"
          options={[
            ['error', 'Errors'],
            ['warning', 'Warnings'],
            ['info', 'Notes'],
          ]}
          onChange={(severity) => change({ severity })}
        />
        <Choice
          label="Case"
          value={query.case}
          any="Every case"
          options={[...new Map(all.map((f) => [f.code, f.title])).entries()]}
          onChange={(value) => change({ case: value })}
        />
        <span className="grow" />
        <ExportMenu
          sheet={() => ({
            columns: ['id', 'severity', 'code', 'title', 'attribute', 'value', 'objects', 'first seen', 'summary'],
            rows: rows.map((f) => [
              f.id,
              f.severity,
              f.code,
              f.title,
              f.attribute,
              f.value,
              f.affected,
              f.firstSeen,
              f.summary,
            ]),
          })}
          json={() => rows}
        />
      </div>
      <Card flush label="Causes">
        <Grid
          label="Causes"
          columns={columns}
          rows={rows}
          keyOf={(f) => f.id}
          hrefOf={(f) => `/issues/${f.id}`}
          isLoading={findings.isLoading}
          empty={
            all.length > 0 ? (
              <Empty title="No cause like this">All of them are left out by the filters above.</Empty>
            ) : (
              <Empty state="ok" title="Nothing is wrong">
                Conflicts, refusals, things out of scope that should not be, and whatever else keeps people from the
                cloud is listed here by its cause, with both sides and the way out.
              </Empty>
            )
          }
        />
      </Card>
    </>
  );
}

/** All rules in the order of the pipeline, or those that touch one attribute. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { draftsQuery, rulesQuery, statusQuery } from '../../api/queries.ts';
import type { RuleSummary } from '../../api/rule-types.ts';
import { ruleHref, useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice, ConnectorChoice, ToolbarSearch } from '../../ui/fields.tsx';
import { type Column, Grid } from '../../ui/grid.tsx';
import { Badge, Card, Empty, PageHead } from '../../ui/parts.tsx';
import { usePaused } from '../../ui/paused.ts';
import { StateText } from '../../ui/shape.tsx';
import { count, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { NewRule } from './new-rule.tsx';

const columns: readonly Column<RuleSummary>[] = [
  { key: 'precedence', title: 'Order', width: '56px', isNumber: true, cell: (r) => r.precedence },
  {
    key: 'name',
    title: 'Rule',
    width: 'minmax(280px, 2.4fr)',
    cell: (r) => (
      <StateText state={r.disabled ? 'none' : 'ok'} title={r.description ?? undefined}>
        <span className={r.disabled ? 'faint' : 'strong'}>{r.name}</span>
      </StateText>
    ),
  },
  {
    key: 'direction',
    title: 'Way',
    width: 'minmax(170px, 1fr)',
    cell: (r) => (
      <span className="soft">
        {r.source} <span aria-hidden="true">→</span> {r.target}
      </span>
    ),
  },
  { key: 'connector', title: 'Connector', width: 'minmax(140px, 1fr)', cell: (r) => r.connector },
  { key: 'link', title: 'Link', width: '76px', cell: (r) => r.link },
  { key: 'flows', title: 'Flows', width: '56px', isNumber: true, cell: (r) => count(r.flows) },
  {
    key: 'origin',
    title: 'Origin',
    width: '140px',
    cell: (r) => (
      <span className="row">
        <Badge tone={r.origin === 'custom' ? 'accent' : 'plain'}>
          {r.origin === 'custom' ? (r.file ?? 'custom') : 'out of box'}
        </Badge>
        {r.passwordSync && <Badge title="Passwords are synchronized through this rule">pw</Badge>}
      </span>
    ),
  },
];

export function Rules() {
  const [query, change] = useQueryState();
  const [text, setText] = useState(query.attribute ?? '');
  useEffect(() => setText(query.attribute ?? ''), [query.attribute]);
  const attribute = usePaused(text.trim());
  const status = useQuery(statusQuery);
  const rules = useQuery(
    rulesQuery({ direction: query.direction, connector: query.connector, type: query.type, attribute }),
  );
  const all = useQuery(rulesQuery({}));
  const drafts = useQuery(draftsQuery);
  const [isNew, setNew] = useState(false);
  const [, navigate] = useLocation();
  const rows = useMemo(
    () =>
      (rules.data ?? []).filter(
        (r) => !query.origin || (query.origin === 'disabled' ? r.disabled : r.origin === query.origin),
      ),
    [rules.data, query.origin],
  );
  const custom = (all.data ?? []).filter((r) => r.origin === 'custom').length;
  const types = [...new Set((all.data ?? []).flatMap((r) => [r.source, r.target]))].sort();
  return (
    <div className="page page-fill">
      <PageHead
        title="Rules"
        verdict={
          attribute
            ? `${plural(rows.length, 'rule')} ${rows.length === 1 ? 'reads or writes' : 'read or write'} ${attribute}.`
            : `${plural(all.data?.length ?? 0, 'rule')} in force, ${custom === 0 ? 'all out of the box' : `${count(custom)} of your own`}.`
        }
      >
        <ExportMenu
          sheet={() => ({
            columns: [
              'precedence',
              'name',
              'direction',
              'connector',
              'source',
              'target',
              'link',
              'flows',
              'origin',
              'disabled',
            ],
            rows: rows.map((r) => [
              r.precedence,
              r.name,
              r.direction,
              r.connector,
              r.source,
              r.target,
              r.link,
              r.flows,
              r.origin,
              String(r.disabled),
            ]),
          })}
          json={() => rows}
        />
        <Button kind="primary" needs="rule-editor" onClick={() => setNew(true)}>
          New rule
        </Button>
      </PageHead>
      {(drafts.data?.length ?? 0) > 0 && (
        <Card title="Drafts" aside="not in force" flush>
          <ul className="entries">
            {drafts.data?.map((d) => (
              <li key={d.name} className="entry between">
                <StateText state="waiting">
                  <Link href={`/rules/drafts/${encodeURIComponent(d.name)}`} className="strong">
                    {d.name}
                  </Link>
                </StateText>
                <span className="soft small">
                  {d.who}, <Time at={d.time} />
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <div className="toolbar">
        <ToolbarSearch
          label="Rules that touch an attribute"
          placeholder="Which rules touch an attribute? For example proxyAddresses"
          value={text}
          onText={setText}
          onSearch={(found) => change({ attribute: found })}
        />
        <Choice
          label="Direction"
          value={query.direction}
          any="Both directions"
          options={[
            ['inbound', 'Inbound'],
            ['outbound', 'Outbound'],
          ]}
          onChange={(direction) => change({ direction })}
        />
        <ConnectorChoice
          connectors={status.data?.connectors}
          value={query.connector}
          onChange={(connector) => change({ connector })}
        />
        <Choice
          label="Object type"
          value={query.type}
          any="All types"
          options={types.map((t) => [t, t])}
          onChange={(type) => change({ type })}
        />
        <Choice
          label="Origin"
          value={query.origin}
          any="Every origin"
          options={[
            ['custom', 'Your own'],
            ['out-of-box', 'Out of the box'],
            ['disabled', 'Disabled'],
          ]}
          onChange={(origin) => change({ origin })}
        />
      </div>
      <Card flush label="Rules">
        {rules.error ? (
          <Failure error={rules.error} onRetry={() => void rules.refetch()} />
        ) : (
          <Grid
            label="Rules"
            columns={columns}
            rows={rows}
            keyOf={(r) => r.id}
            hrefOf={(r) => ruleHref(r.id)}
            isLoading={rules.isLoading}
            empty={
              <Empty title="No rule like this">
                {attribute ? `No rule reads or writes ${attribute}: nothing fills it.` : 'Choose other filters.'}
              </Empty>
            }
          />
        )}
      </Card>
      {isNew && (
        <NewRule
          onClose={() => setNew(false)}
          onMade={(name) => navigate(`/rules/drafts/${encodeURIComponent(name)}`)}
        />
      )}
    </div>
  );
}

/** One rule: who it is about, whom it joins, what it gives; and how to have it otherwise. */

import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useParams } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { ApiError, get } from '../../api/client.ts';
import { rulesQuery } from '../../api/queries.ts';
import type { Rule, ScopeClause } from '../../api/rule-types.ts';
import { ruleHref } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Facts, Note, PageHead, Skeleton } from '../../ui/parts.tsx';
import { plural } from '../../ui/text.ts';
import { beginChange } from './begin-change.ts';
import { Evaluate } from './evaluate.tsx';

export function RulePage() {
  const params = useParams<{ reference: string }>();
  // Links may name a version of the configuration behind the rule: the rule as it is now is shown.
  const reference = decodeURIComponent(params.reference).replace(/@\d+$/, '');
  const [, navigate] = useLocation();
  const rule = useQuery({
    queryKey: ['rules', 'one', reference],
    queryFn: ({ signal }) => get<Rule>(`/rules/${encodeURIComponent(reference)}`, {}, signal),
  });
  if (rule.error instanceof ApiError && rule.error.code === 'ambiguous-rule') return <Which name={reference} />;
  if (rule.error)
    return (
      <div className="page">
        <Failure error={rule.error} onRetry={() => void rule.refetch()} />
      </div>
    );
  const r = rule.data;
  if (!r)
    return (
      <div className="page">
        <Skeleton rows={8} />
      </div>
    );
  return (
    <div className="page">
      <PageHead
        title={r.name}
        trail={[{ label: 'Rules', href: '/rules' }]}
        state={r.disabled ? 'none' : 'ok'}
        verdict={sentence(r)}
      >
        <Button onClick={() => void copyText(JSON.stringify(r, null, 2), 'the rule as JSON')}>Copy as JSON</Button>
        <Button
          kind="primary"
          needs="rule-editor"
          onClick={() =>
            void beginChange(r).then((name) => navigate(`/rules/drafts/${encodeURIComponent(name)}`), tellRefusal)
          }
        >
          {r.origin === 'custom' ? 'Change this rule' : 'Put your own in its place'}
        </Button>
      </PageHead>
      {r.description && <p className="soft">{r.description}</p>}
      {r.findings.map((f) => (
        <Note key={`${f.code} ${f.flow} ${f.message}`} state={f.severity === 'warning' ? 'warning' : 'none'}>
          {f.flow && <span className="mono">{f.flow}: </span>}
          {f.message}
        </Note>
      ))}
      <div className="halves">
        <Card title="Who is in scope">
          <Scope groups={r.scope} source={r.source} />
        </Card>
        <Card title="Facts">
          <Facts
            rows={[
              ['Direction', `${r.direction}: ${r.source} → ${r.target}`],
              [
                'Connector',
                <Link key="c" href={`/rules?connector=${encodeURIComponent(r.connector)}`}>
                  {r.connector}
                </Link>,
              ],
              [
                'Link',
                <span key="l">
                  {r.link} {r.passwordSync && <Badge>passwords</Badge>}
                </span>,
              ],
              ['Order', String(r.precedence)],
              [
                'Origin',
                r.origin === 'custom' ? `${r.file}${r.line ? `, line ${r.line}` : ''}` : `out of the box, ${r.tag}`,
              ],
              ['Joins by', r.join.length === 0 ? 'does not join' : <Joins key="j" join={r.join} />],
            ]}
          />
        </Card>
      </div>
      <Card title={plural(r.mappings.length, 'flow')} flush>
        {r.mappings.length === 0 ? (
          <Empty title="No flow">This rule links objects and gives them no value.</Empty>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls by keyboard
          <section className="table-scroll" tabIndex={0} aria-label="Flows">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Target</th>
                  <th scope="col">How</th>
                  <th scope="col">Source</th>
                  <th scope="col">Merge</th>
                </tr>
              </thead>
              <tbody>
                {r.mappings.map((m) => (
                  <tr key={m.target}>
                    <td data-label="Target">
                      <Link href={`/rules?attribute=${encodeURIComponent(m.target)}`} className="mono">
                        {m.target}
                      </Link>
                    </td>
                    <td data-label="How">
                      {m.kind}
                      {m.executeOnce && <Badge title="Only when the object is created">once</Badge>}
                    </td>
                    <td data-label="Source">
                      <code className="break">{m.source}</code>
                    </td>
                    <td data-label="Merge">{m.merge}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Card>
      <Card title="Evaluate on an object">
        <Evaluate initial={r.mappings.find((m) => m.kind === 'expression')?.source ?? ''} />
      </Card>
    </div>
  );
}

const sentence = (r: Rule): string => {
  const way = r.direction === 'inbound' ? `from ${r.connector} to identities` : `from identities to ${r.connector}`;
  const does = r.link === 'Provision' ? 'creates what is missing and carries' : 'carries';
  return r.disabled ? `Disabled: it does nothing.` : `It ${does} ${plural(r.flows, 'attribute')} ${way}.`;
};

export function Scope(props: { groups: readonly (readonly ScopeClause[])[]; source: string }) {
  if (props.groups.length === 0) return <p>Every {props.source}.</p>;
  return (
    <ol className="scope">
      {props.groups.map((group, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: groups are known by their order
        <li key={i}>
          {i > 0 && <p className="scope-or">or</p>}
          <ul>
            {group.map((c) => (
              <li key={`${c.attribute} ${c.operator} ${c.value}`}>
                <code>{c.attribute}</code> <span className="soft">{c.operator}</span>{' '}
                {c.value !== undefined && <code>{c.value}</code>}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function Joins(props: { join: Rule['join'] }) {
  return (
    <ul>
      {props.join.map((g) => (
        <li key={g.map((c) => `${c.cs}=${c.mv}`).join()}>
          {g.map((c) => (
            <span key={`${c.cs} ${c.mv}`} className="mono">
              {c.cs} = {c.mv}{' '}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** A name that several connectors have a rule of. */
function Which(props: { name: string }) {
  const rules = useQuery(rulesQuery({}));
  const found = (rules.data ?? []).filter((r) => r.name === props.name || r.tag === props.name);
  return (
    <div className="page">
      <PageHead
        title={props.name}
        trail={[{ label: 'Rules', href: '/rules' }]}
        verdict={`${plural(found.length, 'connector')} ${found.length === 1 ? 'has' : 'have'} a rule of this name`}
      />
      <Card flush>
        <ul className="entries">
          {found.map((r) => (
            <li key={r.id} className="entry between">
              <Link href={ruleHref(r.id)} className="strong">
                {r.connector}
              </Link>
              <span className="soft small">order {r.precedence}</span>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  );
}

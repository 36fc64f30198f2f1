/** A new rule from a few fields; the draft that comes of it has everything else. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/client.ts';
import { rulesQuery, statusQuery } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Toggle } from '../../ui/fields.tsx';
import { fileNameOf, ruleFileText } from './rule-yaml.ts';

export function NewRule(props: { onClose: () => void; onMade: (name: string) => void }) {
  const status = useQuery(statusQuery);
  const rules = useQuery(rulesQuery({}));
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [direction, setDirection] = useState<'inbound' | 'outbound'>('inbound');
  const [connector, setConnector] = useState('');
  const [type, setType] = useState('user');
  const [clause, setClause] = useState('');
  const [target, setTarget] = useState('');
  const [source, setSource] = useState('');
  const [kind, setKind] = useState<'direct' | 'constant' | 'expression'>('direct');
  const connectors = status.data?.connectors ?? [];
  const chosen = connector || connectors[0]?.name || '';
  const known = (rules.data ?? []).filter((r) => r.direction === direction && r.connector === chosen);
  const types = [...new Set(known.map((r) => r.source))].sort();
  const make = useMutation({
    mutationFn: async () => {
      const file = fileNameOf(name);
      const [attribute, operator, ...rest] = clause.trim().split(/\s+/);
      const text = ruleFileText({
        name,
        direction,
        connector: chosen,
        source: type,
        target: known.find((r) => r.source === type)?.target ?? (direction === 'inbound' ? 'person' : 'user'),
        precedence: 50,
        scope: attribute && operator ? [[{ attribute, operator, value: rest.join(' ') || undefined }]] : [],
        join: [],
        flows: target ? [{ target, kind, source }] : [],
      });
      await send('PUT', `/drafts/${encodeURIComponent(file)}`, { text });
      return file;
    },
    onSuccess: (file) => {
      void client.invalidateQueries({ queryKey: ['drafts'] });
      props.onMade(file);
    },
  });
  return (
    <Dialog
      title="New rule"
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            kind="primary"
            needs="rule-editor"
            busy={make.isPending}
            disabled={name.trim() === ''}
            onClick={() => make.mutate()}
          >
            Make a draft
          </Button>
        </>
      }
    >
      <div className="stack stack-12">
        <Field label="Name" hint="For example: In from AD - cost centre" error={make.error?.message}>
          {(ids) => <input {...ids} className="input" value={name} onChange={(e) => setName(e.target.value)} />}
        </Field>
        <div className="row row-wrap row-top">
          <div className="field">
            <span className="label">Direction</span>
            <Toggle
              label="Direction"
              value={direction}
              options={[
                ['inbound', 'Inbound'],
                ['outbound', 'Outbound'],
              ]}
              onChange={setDirection}
            />
          </div>
          <Field label="Connector">
            {(ids) => (
              <select {...ids} className="select" value={chosen} onChange={(e) => setConnector(e.target.value)}>
                {connectors.map((c) => (
                  <option key={c.name}>{c.name}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Object type">
            {(ids) => (
              <select {...ids} className="select" value={type} onChange={(e) => setType(e.target.value)}>
                {(types.length > 0 ? types : ['user']).map((t) => (
                  <option key={t}>{t}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Field label="Only if" hint="One clause: attribute OPERATOR value. Leave it empty for every object.">
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              value={clause}
              onChange={(e) => setClause(e.target.value)}
              placeholder="department STARTSWITH Sales"
            />
          )}
        </Field>
        <div className="row row-wrap row-top">
          <Field label="Gives the attribute">
            {(ids) => (
              <input
                {...ids}
                className="input mono"
                value={target}
                onChange={(e) => setTarget(e.target.value)}
                placeholder="displayName"
              />
            )}
          </Field>
          <div className="field">
            <span className="label">How</span>
            <Toggle
              label="How"
              value={kind}
              options={[
                ['direct', 'Attribute'],
                ['constant', 'Constant'],
                ['expression', 'Expression'],
              ]}
              onChange={setKind}
            />
          </div>
        </div>
        <Field label={{ direct: 'Attribute to copy', constant: 'Constant text', expression: 'Expression' }[kind]}>
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              value={source}
              onChange={(e) => setSource(e.target.value)}
              placeholder={kind === 'expression' ? 'Trim([givenName] & " " & [sn])' : ''}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

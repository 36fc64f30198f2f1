/** An expression on the values of a real object: what it gives, or where it is wrong. Nothing is stored. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/client.ts';
import type { Evaluation } from '../../api/rule-types.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/fields.tsx';
import { Badge } from '../../ui/parts.tsx';
import { factText } from '../objects/why.tsx';

const outcomes: Readonly<Record<Evaluation['kind'], string>> = {
  value: 'gives',
  null: 'gives no value; a rule of lower order may',
  'authoritative-null': 'removes the value, whatever other rules say',
  ignore: 'leaves the value as it is',
  error: 'fails',
};

export function Evaluate(props: { initial?: string }) {
  const [expression, setExpression] = useState(props.initial ?? '');
  const [object, setObject] = useState('');
  const evaluate = useMutation({
    mutationFn: () =>
      send<Evaluation>('POST', '/evaluate', { expression, ...(object.trim() === '' ? {} : { object: object.trim() }) }),
  });
  const result = evaluate.data;
  const used = Object.entries(result?.attributes ?? {}).filter(([name]) =>
    expression.toLowerCase().includes(`[${name.toLowerCase()}]`),
  );
  return (
    <form
      className="stack stack-12"
      onSubmit={(event) => {
        event.preventDefault();
        evaluate.mutate();
      }}
    >
      <Field
        label="Expression"
        error={
          result?.kind === 'error'
            ? `${result.error?.message}${result.error?.column ? ` (column ${result.error.column})` : ''}`
            : undefined
        }
      >
        {(ids) => (
          <textarea
            {...ids}
            className="textarea"
            rows={3}
            spellCheck={false}
            value={expression}
            onChange={(e) => setExpression(e.target.value)}
            placeholder='Trim([givenName] & " " & [sn])'
          />
        )}
      </Field>
      <div className="row row-wrap evaluate-row">
        <div className="grow">
          <Field
            label="Object"
            hint="DN, UPN, mail, account name, anchor; cs:… for the directory’s side."
            error={evaluate.error?.message}
          >
            {(ids) => (
              <input
                {...ids}
                className="input"
                value={object}
                onChange={(e) => setObject(e.target.value)}
                placeholder="ana.ferreira@contoso.com"
              />
            )}
          </Field>
        </div>
        <Button type="submit" busy={evaluate.isPending} disabled={expression.trim() === ''}>
          Evaluate
        </Button>
      </div>
      {result && (
        <output className="stack stack-4">
          <p>
            <Badge tone={result.kind === 'error' ? 'error' : result.kind === 'value' ? 'ok' : 'plain'}>
              {outcomes[result.kind]}
            </Badge>{' '}
            {result.kind === 'value' && <code className="break">{factText(result.value)}</code>}
          </p>
          {used.length > 0 && (
            <p className="soft small break">
              on {used.map(([name, value]) => `${name} = ${factText(value)}`).join(', ')}
            </p>
          )}
        </output>
      )}
    </form>
  );
}

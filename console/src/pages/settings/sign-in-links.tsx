/** One-time links for people without an account at the sign-in provider. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Id } from '../../ui/copy.tsx';
import { Field } from '../../ui/fields.tsx';
import { Card, Note } from '../../ui/parts.tsx';
import { Time } from '../../ui/time.tsx';

export function SignInLinks() {
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: () =>
      send<{ path: string; expires: string }>(
        'POST',
        '/sign-in-links',
        name.trim() === '' ? {} : { name: name.trim() },
      ),
  });
  return (
    <Card title="Sign-in links">
      <form
        className="stack stack-12"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <div className="row row-wrap row-top evaluate-row">
          <div className="grow">
            <Field
              label="For whom"
              hint="The name stands in the audit log. The link is good once and makes an administrator."
              error={make.error?.message}
            >
              {(ids) => (
                <input
                  {...ids}
                  className="input"
                  value={name}
                  onChange={(e) => setName(e.target.value)}
                  placeholder="administrator"
                />
              )}
            </Field>
          </div>
          <Button type="submit" needs="admin" busy={make.isPending}>
            Make a link
          </Button>
        </div>
        {make.data && (
          <Note state="ok">
            <Id value={location.origin + make.data.path} what="the link" keep={48} />
            <p className="small">
              Shown only now; it ends <Time at={make.data.expires} />.
            </p>
          </Note>
        )}
      </form>
    </Card>
  );
}

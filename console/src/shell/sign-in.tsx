/** The page before the console. */
import { send } from '../api/client.ts';
import { Lane } from '../ui/lane.tsx';
import { Note } from '../ui/parts.tsx';

/** Ends the session and shows the sign-in page. */
export async function signOut(): Promise<void> {
  await send('DELETE', '/session');
  location.assign('/');
}

export function SignIn(props: { methods: readonly string[] }) {
  const canOpenId = props.methods.includes('openid-connect');
  return (
    <main className="gate">
      <div className="card gate-card">
        <div className="card-body stack stack-16">
          <Lane
            compact
            lane={{
              stations: (['source', 'source-space', 'metaverse', 'target-space', 'cloud'] as const).map(
                (station, i) => ({
                  station,
                  title: ['Directory', 'Staged', 'Identity', 'Pending', 'Cloud'][i] ?? '',
                  state: i < 1 ? 'ok' : 'none',
                  detail: '',
                }),
              ),
            }}
          />
          <div className="stack stack-4">
            <h1 className="verdict">Sign in to Causeway</h1>
            <p className="soft">
              Identities on their way from your directories to the cloud, and why each is where it is.
            </p>
          </div>
          {canOpenId && (
            <a className="button button-primary" href="/sign-in/openid-connect">
              Sign in with your organization
            </a>
          )}
          <Note state="none">
            {canOpenId
              ? 'Without an account there, use a one-time link: '
              : 'Use the one-time link of the local administrator: '}
            it is printed when the service starts, and <code>causeway sign-in</code> on this machine prints a new one.
          </Note>
        </div>
      </div>
    </main>
  );
}

/** Who is signed in and what the person may do. */
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { get, setProof } from '../api/client.ts';
import type { Role, Session, SessionAnswer } from '../api/types.ts';
import { Failure } from '../ui/failure.tsx';
import { SignIn } from './sign-in.tsx';

const titles: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  operator: 'Operator',
  'rule-editor': 'Rule editor',
  approver: 'Approver',
  admin: 'Administrator',
};
export const roleTitle = (role: Role): string => titles[role];

const Context = createContext<Session | undefined>(undefined);

/** The session. Only below a `SessionGate`. */
export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new TypeError('no session outside of the gate');
  return session;
}

/** Whether the person may do what takes a role. */
export function useMay(role: Role | undefined): boolean {
  const session = useContext(Context);
  if (role === undefined) return true;
  return session ? session.roles.includes(role) || session.roles.includes('admin') : false;
}

/** Shows the sign-in page until somebody is signed in. */
export function SessionGate(props: { children: ReactNode }) {
  const answer = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => get<SessionAnswer>('/session', {}, signal),
    staleTime: 60_000,
    refetchOnWindowFocus: true,
  });
  const session = answer.data;
  if (session?.signedIn) {
    setProof(session.csrf);
    return <Context value={session}>{props.children}</Context>;
  }
  if (session) return <SignIn methods={session.methods} />;
  if (answer.error)
    return (
      <main className="gate">
        <Failure error={answer.error} onRetry={() => void answer.refetch()} />
      </main>
    );
  return null;
}

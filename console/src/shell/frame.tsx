/** The frame of every page: rail, search, state of the cycle, who is signed in. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { statusQuery } from '../api/queries.ts';
import { Icon } from '../ui/copy.tsx';
import { Shape } from '../ui/shape.tsx';
import { count } from '../ui/text.ts';
import { Time } from '../ui/time.tsx';
import { useLive } from './live.tsx';
import { SearchField } from './search.tsx';
import { sections } from './sections.ts';
import { roleTitle, useSession } from './session.tsx';
import { signOut } from './sign-in.tsx';
import { setTheme, type Theme, useTheme } from './theme.ts';

export function Frame(props: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const lastPath = useRef(path);
  useEffect(() => {
    if (lastPath.current === path) return;
    lastPath.current = path;
    setOpen(false);
    main.current?.scrollTo(0, 0);
  }, [path]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Rail path={path} isOpen={isOpen} />
      <header className="top">
        <button
          type="button"
          className="button button-quiet button-icon top-menu"
          aria-label="Sections"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="menu" />
        </button>
        <SearchField />
        <div className="grow" />
        <CyclePill />
        <PersonMenu />
      </header>
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <LostConnection />
        {props.children}
      </main>
    </div>
  );
}

export function Mark(props: { size?: number }) {
  return (
    <svg className="brand-mark" width={props.size ?? 26} height={14} viewBox="0 0 26 14" aria-hidden="true">
      <path d="M2 7h22" stroke="currentColor" strokeWidth="1.6" />
      <g fill="currentColor">
        <circle cx="2.500" cy="7" r="2" />
        <circle cx="7.800" cy="7" r="2.600" />
        <circle cx="13" cy="7" r="4.200" />
        <circle cx="18.200" cy="7" r="2.600" />
        <circle cx="23.500" cy="7" r="2" />
      </g>
    </svg>
  );
}

function Rail(props: { path: string; isOpen: boolean }) {
  const status = useQuery(statusQuery);
  const errors = Object.values(status.data?.errors ?? {}).reduce((a, b) => a + b, 0);
  const isCurrent = (path: string) => (path === '/' ? props.path === '/' : props.path.startsWith(path));
  return (
    <aside className={props.isOpen ? 'rail is-open' : 'rail'} aria-label="Causeway">
      <Link href="/" className="brand">
        <Mark /> Causeway
      </Link>
      <nav aria-label="Sections">
        <ul className="rail-list">
          {sections.map((s) => (
            <li key={s.path}>
              {s.isGroup && <div className="rail-gap" />}
              <Link href={s.path} aria-current={isCurrent(s.path) ? 'page' : undefined}>
                {s.title}
                {s.path === '/issues' && errors > 0 && (
                  <span className="rail-count">
                    <Shape state="error" label="objects in error:" size={8} /> {count(errors)}
                  </span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="rail-foot">
        {status.data?.scheduler.StagingModeEnabled && <p className="strong">Staging: nothing is exported</p>}
        <p>Causeway {status.data?.version ?? ''}</p>
      </div>
    </aside>
  );
}

function CyclePill() {
  const status = useQuery(statusQuery);
  const live = useLive();
  const s = status.data;
  if (!s) return null;
  if (live.work || s.scheduler.SyncCycleInProgress)
    return (
      <Link href="/" className="cycle-pill">
        <Shape state="running" label="A cycle is running:" />
        {live.work?.progress ? `${live.work.progress.step} ${live.work.progress.connector}` : 'Cycle running'}
      </Link>
    );
  if (!s.scheduler.SyncCycleEnabled)
    return (
      <Link href="/settings" className="cycle-pill">
        <Shape state="warning" label={null} /> Scheduler off
      </Link>
    );
  if (s.maintenance)
    return (
      <Link href="/settings" className="cycle-pill" title={s.maintenance.reason}>
        <Shape state="waiting" label={null} />
        {s.maintenance.until === null ? (
          'Maintenance without an end'
        ) : (
          <span>
            Maintenance, over <Time at={s.maintenance.until} />
          </span>
        )}
      </Link>
    );
  return (
    <Link href="/" className="cycle-pill">
      <Shape state={s.verdict.state} label={null} />
      {s.scheduler.NextSyncCycleStartTimeInUTC ? (
        <span>
          Next cycle <Time at={s.scheduler.NextSyncCycleStartTimeInUTC} />
        </span>
      ) : (
        'No cycle planned'
      )}
    </Link>
  );
}

function PersonMenu() {
  const session = useSession();
  const theme = useTheme();
  const next: Theme = theme === 'system' ? 'dark' : theme === 'dark' ? 'light' : 'system';
  const labels = { system: 'as the system', light: 'light', dark: 'dark' };
  return (
    <>
      <button
        type="button"
        className="button button-quiet button-icon"
        title={`Theme: ${labels[theme]}. Click for ${labels[next]}.`}
        aria-label={`Theme is ${labels[theme]}; change to ${labels[next]}`}
        onClick={() => setTheme(next)}
      >
        <Icon name="theme" />
      </button>
      <details className="menu">
        <summary className="button button-quiet button-icon" aria-label={`Signed in as ${session.name}`}>
          <Icon name="user" />
        </summary>
        <div className="menu-items">
          <div className="menu-text">
            <p className="strong break">{session.name}</p>
            <p className="soft small">{session.roles.map(roleTitle).join(', ')}</p>
          </div>
          <Link href="/audit">What was done</Link>
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </details>
    </>
  );
}

function LostConnection() {
  const { isConnected } = useLive();
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isConnected) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), 1500);
    return () => clearTimeout(timer);
  }, [isConnected]);
  if (!isShown) return null;
  return (
    <div className="banner" role="alert">
      <Shape state="warning" />
      <span>
        The connection to the service is lost. What you see may be old; it refreshes by itself when the service answers.
      </span>
    </div>
  );
}

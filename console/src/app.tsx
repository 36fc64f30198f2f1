/** Which page an address means. Every page is a file of its own, fetched when it is first looked at. */
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { Link, Redirect, Route, Switch } from 'wouter';
import { Overview } from './pages/overview/overview.tsx';
import { Frame } from './shell/frame.tsx';
import { LiveUpdates } from './shell/live.tsx';
import { SessionGate } from './shell/session.tsx';
import { Failure } from './ui/failure.tsx';
import { PageHead, Skeleton } from './ui/parts.tsx';
import { Toasts } from './ui/toast.tsx';

const page = <T extends string>(load: () => Promise<Record<T, ComponentType>>, name: T) =>
  lazy(async () => ({ default: (await load())[name] }));

const Runs = page(() => import('./pages/runs/runs.tsx'), 'Runs');
const RunPage = page(() => import('./pages/runs/run.tsx'), 'RunPage');
const Objects = page(() => import('./pages/objects/objects.tsx'), 'Objects');
const ObjectPage = page(() => import('./pages/objects/object.tsx'), 'ObjectPage');
const Issues = page(() => import('./pages/issues/issues.tsx'), 'Issues');
const IssuePage = page(() => import('./pages/issues/issue.tsx'), 'IssuePage');
const Quality = page(() => import('./pages/quality/quality.tsx'), 'Quality');
const Rules = page(() => import('./pages/rules/rules.tsx'), 'Rules');
const RulePage = page(() => import('./pages/rules/rule.tsx'), 'RulePage');
const DraftPage = page(() => import('./pages/rules/draft.tsx'), 'DraftPage');
const Plan = page(() => import('./pages/plan/plan.tsx'), 'Plan');
const Configuration = page(() => import('./pages/configuration/configuration.tsx'), 'Configuration');
const Passwords = page(() => import('./pages/passwords/passwords.tsx'), 'Passwords');
const Tenant = page(() => import('./pages/tenant/tenant.tsx'), 'Tenant');
const EarlierAlerts = page(() => import('./pages/overview/earlier-alerts.tsx'), 'EarlierAlerts');
const Audit = page(() => import('./pages/audit/audit.tsx'), 'Audit');
const Settings = page(() => import('./pages/settings/settings.tsx'), 'Settings');

export function App() {
  return (
    <>
      <SessionGate>
        <LiveUpdates>
          <Frame>
            <Boundary>
              <Suspense
                fallback={
                  <div className="page">
                    <Skeleton rows={6} />
                  </div>
                }
              >
                <Switch>
                  <Route path="/" component={Overview} />
                  <Route path="/alerts" component={EarlierAlerts} />
                  <Route path="/runs" component={Runs} />
                  <Route path="/runs/:id" component={RunPage} />
                  <Route path="/runs/:id/steps/:step" component={RunPage} />
                  <Route path="/objects" component={Objects} />
                  <Route path="/objects/:reference" component={ObjectPage} />
                  <Route path="/issues" component={Issues} />
                  <Route path="/issues/:id" component={IssuePage} />
                  <Route path="/quality" component={Quality} />
                  <Route path="/rules" component={Rules} />
                  <Route path="/rules/drafts/:name" component={DraftPage} />
                  <Route path="/rules/:reference" component={RulePage} />
                  <Route path="/plan" component={Plan} />
                  <Route path="/configuration" component={Configuration} />
                  <Route path="/passwords" component={Passwords} />
                  <Route path="/tenant" component={Tenant} />
                  <Route path="/audit" component={Audit} />
                  <Route path="/settings" component={Settings} />
                  <Route path="/overview">
                    <Redirect to="/" />
                  </Route>
                  <Route>
                    <div className="page">
                      <PageHead title="Nowhere" state="none" verdict="This address leads nowhere.">
                        <Link href="/" className="button">
                          To the overview
                        </Link>
                      </PageHead>
                      <p className="soft">Search for what you need with “/”, or choose a section on the left.</p>
                    </div>
                  </Route>
                </Switch>
              </Suspense>
            </Boundary>
          </Frame>
        </LiveUpdates>
      </SessionGate>
      <Toasts />
    </>
  );
}

/** A defect of one page leaves the rest of the console standing. */
class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="page">
        <Failure error={this.state.error} onRetry={() => this.setState({ error: undefined })} />
      </div>
    );
  }
}

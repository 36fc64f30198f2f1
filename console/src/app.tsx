/** Which page an address means. Every page is a file of its own, fetched when it is first looked at. */
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Overview } from './pages/overview/overview.tsx';
import { Frame } from './shell/frame.tsx';
import { LiveUpdates } from './shell/live.tsx';
import { SessionGate } from './shell/session.tsx';
import { Failure } from './ui/failure.tsx';
import { Empty, Skeleton } from './ui/parts.tsx';
import { Toasts } from './ui/toast.tsx';

const page = <T extends string>(load: () => Promise<Record<T, ComponentType>>, name: T) =>
  lazy(async () => ({ default: (await load())[name] }));

const Runs = page(() => import('./pages/runs/runs.tsx'), 'Runs');
const RunPage = page(() => import('./pages/runs/run.tsx'), 'RunPage');
const Objects = page(() => import('./pages/objects/objects.tsx'), 'Objects');
const ObjectPage = page(() => import('./pages/objects/object.tsx'), 'ObjectPage');

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
                  <Route path="/runs" component={Runs} />
                  <Route path="/runs/:id" component={RunPage} />
                  <Route path="/runs/:id/steps/:step" component={RunPage} />
                  <Route path="/objects" component={Objects} />
                  <Route path="/objects/:reference" component={ObjectPage} />
                  <Route path="/overview">
                    <Redirect to="/" />
                  </Route>
                  <Route>
                    <div className="page">
                      <Empty title="This address leads nowhere">
                        Search for what you need with “/”, or choose a section on the left.
                      </Empty>
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

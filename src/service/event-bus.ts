/** What happens in the service, told to everybody who listens. */
export interface ServiceEvent {
  /** `work`, `state`, `log`, `job`. */
  readonly type: string;
  readonly data: unknown;
}
export type ServiceListener = (event: ServiceEvent) => void;

export class EventBus {
  readonly #listeners = new Set<ServiceListener>();

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Returns how to stop listening. */
  listen(listener: ServiceListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(type: string, data: unknown): void {
    for (const listener of this.#listeners) listener({ type, data });
  }
}

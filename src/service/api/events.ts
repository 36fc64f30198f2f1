/** Server-sent events: what happens, as it happens. */
import type { EventBus } from '../event-bus.ts';
import { Refusal } from '../refusal.ts';

/** Milliseconds between signs of life, so that nothing on the way closes a quiet connection. */
const heartbeatMs = 15_000;
const mostListeners = 200;
/** Events that may wait for a slow reader before it is cut off; it connects again and asks anew. */
const longestBacklog = 1000;

/** A stream that lasts until the reader goes away, or may not read any more. */
export function eventStream(bus: EventBus, signal: AbortSignal, mayRead: () => boolean): Response {
  if (bus.listeners >= mostListeners)
    throw new Refusal('too-many-requests', `${mostListeners} readers of events are connected already.`);
  const encoder = new TextEncoder();
  let end: () => void = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => {
          if ((controller.desiredSize ?? 0) < -longestBacklog) {
            end();
            controller.error(new Error('The reader of events is too slow.'));
            return;
          }
          controller.enqueue(encoder.encode(text));
        };
        const stop = bus.listen(({ type, data }) => {
          if (mayRead()) send(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
        });
        const heartbeat = setInterval(() => {
          if (mayRead()) return send(': still here\n\n');
          end();
          controller.close();
        }, heartbeatMs);
        end = () => {
          clearInterval(heartbeat);
          stop();
        };
        signal.addEventListener('abort', end, { once: true });
        send('retry: 2000\n\n');
      },
      cancel: () => end(),
    },
    new CountQueuingStrategy({ highWaterMark: 16 }),
  );
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

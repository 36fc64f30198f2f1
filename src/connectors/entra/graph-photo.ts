/**
 * Photos of users: a request of their own, after the user is there (entra-directory s.5.2). Delta queries do not tell of them,
 * so what was written counts as held until the directory has another one.
 */
import { isBinary } from '../../model/value.ts';
import type { ExportError, ExportRequest } from '../contract.ts';
import type { GraphAnswer, GraphClient, GraphRequest } from './graph-client.ts';
import { isMissing, resultOfAnswer } from './graph-errors.ts';
import { type Fresh, type Job, sendToFresh } from './graph-job.ts';
import { photoAttribute } from './graph-names.ts';
import { obstacleText } from './graph-obstacles.ts';

/** Writes or takes away the photos of users who were written. A picture that Graph does not take spoils nothing else. */
export async function sendPhotos(
  client: GraphClient,
  jobs: readonly Job[],
  fresh: Fresh,
  signal: AbortSignal,
): Promise<void> {
  const open: { readonly job: Job; readonly request: GraphRequest }[] = [];
  for (const job of jobs) {
    if (job.class !== 'user' || !job.isOpen || job.id === undefined || job.request.operation === 'delete') continue;
    const value = job.request.attributes[photoAttribute];
    if (value === undefined) continue;
    const path = `/users/${job.id}/photo/$value`;
    // Whoever is new has none, so there is nothing to take away.
    if (value === null && job.isNew) continue;
    if (value === null) open.push({ job, request: { method: 'DELETE', path } });
    else if (!isBinary(value) || !isJpeg(value.base64)) refuse(job, 'It is no JPEG picture.');
    else
      open.push({
        job,
        request: { method: 'PUT', path, body: value.base64, headers: { 'Content-Type': 'image/jpeg' } },
      });
  }
  if (open.length === 0) return;
  const requests = open.map(({ request }) => request);
  const answers = await sendToFresh(client, requests, fresh, signal);
  open.forEach(({ job, request }, i) => {
    const answer = answers[i] as GraphAnswer;
    if (answer.kind === 'ok' || (request.method === 'DELETE' && isMissing(answer))) return;
    if (answer.kind === 'refused' && answer.status === 400) refuse(job, answer.message);
    else job.result = resultOfAnswer(job.request, answer);
  });
}

/** SOI, the first marker of every JPEG picture. */
const isJpeg = (base64: string): boolean => {
  const [first, second] = Buffer.from(base64.slice(0, 4), 'base64');
  return first === 0xff && second === 0xd8;
};

/** The user keeps the photo there was. The same picture is not sent again. */
function refuse(job: Job, why: string): void {
  const told: ExportError = {
    code: 'DataValidationFailed',
    detail: `The photo of the user was not taken: ${why} Give the user a JPEG picture in the directory.`,
    attribute: photoAttribute,
    retry: 'never',
  };
  job.warnings.push(told);
  job.instead.push({
    attribute: photoAttribute,
    became: before(job.request),
    obstacle: obstacleText({ kind: 'photo' }),
    told,
  });
}

const before = ({ before: held }: ExportRequest) => held[photoAttribute] ?? null;

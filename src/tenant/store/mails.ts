import type { Database } from './database.ts';

/** A mail the tenant would have sent: nothing leaves the machine. */
export interface TenantMail {
  /** ISO instant. */
  readonly at: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** Keeps the mail. `conflict` names what it is about. */
export function keepMail(db: Database, at: number, conflict: string, mail: Omit<TenantMail, 'at'>): void {
  db.sql('INSERT INTO mail (at, conflict, recipients, subject, text) VALUES (?, ?, ?, ?, ?)').run(
    at,
    conflict,
    JSON.stringify(mail.recipients),
    mail.subject,
    mail.text,
  );
}

/** Whether a mail about this conflict was kept. */
export const hasMailAbout = (db: Database, conflict: string): boolean =>
  db.sql('SELECT 1 FROM mail WHERE conflict = ? LIMIT 1').get(conflict) !== undefined;

/** The newest mails, newest first. */
export function readMails(db: Database, most: number): TenantMail[] {
  const rows = db
    .sql('SELECT at, recipients, subject, text FROM mail ORDER BY number DESC LIMIT ?')
    .all(most) as unknown as {
    at: number;
    recipients: string;
    subject: string;
    text: string;
  }[];
  return rows.map(({ at, recipients, subject, text }) => ({
    at: new Date(at).toISOString(),
    recipients: JSON.parse(recipients) as string[],
    subject,
    text,
  }));
}

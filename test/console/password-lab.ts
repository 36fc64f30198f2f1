/** The service between a real domain controller and its tenant, with passwords that flow: what the Passwords page is for. */
import type { Browser } from 'playwright-core';
import { replicator, ServiceLab } from '../passwords/service-lab.ts';
import { RIGHTS, startSamba } from '../support/samba.ts';
import { type Visitor, type VisitorOptions, visitor } from './stage.ts';

export const people = ['ana', 'bjoern', 'carla', 'dora', 'emil'];
export const upnOf = (name: string): string => `${name}@phs.example.com`;
export const passwordOf = (name: string): string => `Erstes-${name}-2026!`;

/** A name with a character in it that nobody sees. */
export const unseen = 'Emil\u200b Ek';

export interface PasswordLab extends AsyncDisposable {
  readonly lab: ServiceLab;
  /** The value of an attribute in the directory, as it is now. */
  valueOf(name: string, attribute: string): Promise<string | undefined>;
  /** The local administrator with the link of the first start, which is good once. */
  administrator(browser: Browser, options?: VisitorOptions): Promise<Visitor>;
}

/** Resolves once everybody signs in to the tenant with the password of the directory. Needs root, as Samba does. */
export async function startPasswordLab(): Promise<PasswordLab> {
  const samba = await startSamba({ realm: 'PHS.EXAMPLE.COM', domain: 'PHS' });
  await samba.createAccount(replicator.user, replicator.password);
  await samba.grant(RIGHTS.replicatingDirectoryChanges, replicator.user);
  await samba.grant(RIGHTS.replicatingDirectoryChangesAll, replicator.user);
  const parent = `OU=People,${samba.baseDn}`;
  await samba.addObjects([{ dn: parent, attributes: { objectClass: 'organizationalUnit' } }]);
  await samba.addUsers(
    people.map((name) => ({
      name,
      parent,
      password: passwordOf(name),
      attributes: { userPrincipalName: upnOf(name), displayName: name === 'emil' ? unseen : name },
    })),
  );
  const lab = await ServiceLab.create(samba);
  const dispose = async () => {
    await lab[Symbol.asyncDispose]();
    await samba.stop();
  };
  try {
    await lab.start();
    for (const name of people) await lab.until(upnOf(name), passwordOf(name), 'ok');
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    lab,
    async valueOf(name, attribute) {
      const text = await samba.ldbsearch('-b', `CN=${name},${parent}`, '-s', 'base', attribute);
      return new RegExp(`^${attribute}:: ?(.*)|^${attribute}: (.*)`, 'm').exec(text)?.slice(1).find(Boolean);
    },
    async administrator(browser, options) {
      const link = /"signIn":\s*"([^"]+)"/.exec(lab.output())?.[1];
      if (!link) throw new Error(`The service told no link: ${lab.output()}`);
      const person = await visitor(browser, new URL(link).origin, options);
      await person.page.goto(link);
      await person.page.locator('.verdict').first().waitFor();
      return person;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

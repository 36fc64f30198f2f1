/** The mail that tells administrators of a value two objects claim (entra-directory s.2.3 and 3.2). */
import type { ObjectClass } from './objects.ts';

/** A value that was set aside or refused because another object has it. */
export interface ConflictFacts {
  /** Name of the attribute as in `AttributeConflictName`: UserPrincipalName, ProxyAddresses, … */
  readonly attribute: string;
  readonly value: string;
  readonly class: ObjectClass;
  /** What people call the object: display name, or its source anchor while it has none. */
  readonly name: string;
  /** `withheld`: the object was written without the value; `refused`: it was not written. */
  readonly outcome: 'withheld' | 'refused';
  /** The sign-in name the user has for now, where one was withheld. */
  readonly placeholder?: string | undefined;
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** Subject and text of the mail of one conflict, in the name of the tenant. */
export function conflictMail(facts: ConflictFacts, tenantName: string): MailText {
  const end =
    facts.outcome === 'withheld'
      ? 'The object was written without the value. Remove it from one of the two objects: within an hour it is tried again.'
      : 'The object was not written. Remove the value from one of the two objects, or give both the same source anchor if they are one person.';
  return {
    subject: `Identity synchronization error report: ${tenantName}`,
    text: `${upperFirst(facts.class)} "${facts.name}": ${reasonOf(facts)}\n\n${end}\n`,
  };
}

/** The three variants of the report: address exists, user id not found, values associated with another object. */
function reasonOf({ attribute, value, outcome, placeholder }: ConflictFacts): string {
  if (attribute === 'ProxyAddresses') {
    return `an object with the proxy address ${value} exists in the online directory already.`;
  }
  if (attribute === 'UserPrincipalName' && outcome === 'withheld') {
    const instead = placeholder === undefined ? '' : ` It is ${placeholder} for now.`;
    return `the user ID ${value} was not found for it, because another object has that name.${instead}`;
  }
  return `its attribute ${attribute} has the value ${value}, which may be associated with another object of the local directory.`;
}

const upperFirst = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ConflictFacts, conflictMail } from './conflict-mail.ts';

const facts: ConflictFacts = {
  attribute: 'ProxyAddresses',
  value: 'SMTP:bob@contoso.com',
  class: 'user',
  name: 'Bob',
  outcome: 'withheld',
};
const textOf = (changes: Partial<ConflictFacts>) => conflictMail({ ...facts, ...changes }, 'Contoso').text;

it('the mail has a variant for addresses, for user ids and for other values (entra-directory s.3.2)', () => {
  assert.equal(conflictMail(facts, 'Contoso').subject, 'Identity synchronization error report: Contoso');
  assert.match(textOf({}), /^User "Bob": .*proxy address SMTP:bob@contoso\.com exists in the online directory/);
  assert.match(
    textOf({ attribute: 'UserPrincipalName', value: 'bob@contoso.com', placeholder: 'bob1234@c.onmicrosoft.com' }),
    /user ID bob@contoso\.com was not found .* bob1234@c\.onmicrosoft\.com for now/,
  );
  const sid = { attribute: 'OnPremiseSecurityIdentifier', value: 'S-1-5-21-1', outcome: 'refused' } as const;
  assert.match(textOf(sid), /OnPremiseSecurityIdentifier .*S-1-5-21-1.* may be associated with another object/);
});
it('and says what became of the object', () => {
  assert.match(textOf({}), /written without the value/);
  assert.match(textOf({ outcome: 'refused' }), /was not written/);
  assert.match(textOf({ class: 'group', name: 'Staff' }), /^Group "Staff"/);
});

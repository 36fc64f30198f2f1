/** Every gate of "why not", and where values come from, with the complete out-of-box rules and a tenant in process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from '../../src/diagnosis/explain/explain.ts';
import { explainText } from '../../src/diagnosis/explain/text.ts';
import { gateOf, shapes, why } from './explain-support.ts';
import { baseDn, CloudWorld, cloudName } from './explain-world.ts';

test('an object that arrived: nothing is wrong, all five stations are green', async () => {
  const world = new CloudWorld();
  world.user('ana');
  await world.cycle('initial');
  await world.cycle();
  const told = await why(world, 'ana@contoso.com');
  assert.deepEqual(gateOf(told), ['yes', undefined, undefined, undefined]);
  assert.equal(shapes(told), 'ok ok ok ok ok');
  assert.match(told.summary[0]!, /^Ana is in contoso\.onmicrosoft\.com as User_/);
  assert.equal(told.lane.brokenBefore, undefined);
});

test('domain and container: decided from the name, with the place in the configuration', async () => {
  const world = new CloudWorld({
    scope: { include: [`OU=People,${baseDn}`], exclude: [`OU=Secret,OU=People,${baseDn}`] },
  });
  world.user('ana');
  world.user('spy', {}, { ou: 'Secret,OU=People' });
  world.user('far', {}, { ou: 'Elsewhere' });
  await world.cycle('initial');
  const locate = (path: readonly (string | number)[]) => `causeway.yaml:${path.length}`;
  const spy = await why(world, `CN=spy,OU=Secret,OU=People,${baseDn}`, { locate });
  assert.deepEqual(gateOf(spy), ['no', 'container', 'ou-not-in-scope', 'closed']);
  assert.deepEqual(spy.gate?.configuration, {
    path: ['connectors', 0, 'partitions', 0, 'exclude', 0],
    value: `OU=Secret,OU=People,${baseDn}`,
    at: 'causeway.yaml:6',
  });
  const far = await why(world, `cn=far,ou=elsewhere,${baseDn}`);
  assert.deepEqual(far.gate?.configuration?.path, ['connectors', 0, 'partitions', 0, 'include']);
  assert.match(far.gate!.reason, /lies in no container/);
});

test('domain: no connector covers the naming context', async () => {
  const world = new CloudWorld({ scope: { include: [`OU=People,${baseDn}`], exclude: [] } });
  const settings = world.env.connectors[0]!;
  world.env = {
    ...world.env,
    connectors: [{ ...settings, partitions: [{ name: baseDn, include: [], exclude: [] }] }, world.env.connectors[1]!],
  };
  const told = await why(world, 'CN=x,DC=fabrikam,DC=com');
  assert.deepEqual(gateOf(told), ['no', 'domain', 'domain-not-in-scope', 'closed']);
  assert.ok(told.gate?.reason.includes(baseDn));
});

test('object type and directory: the directory is asked where it can be', async () => {
  const world = new CloudWorld({ objectTypes: ['user', 'group'] });
  world.user('ana');
  await world.cycle('initial');
  const dn = `CN=pc,OU=People,${baseDn}`;
  const asked: string[] = [];
  const live = (objectType: string | null) => async (connector: string, name: string) => {
    asked.push(`${connector} ${name}`);
    return objectType === null ? null : { connector, dn: name, objectType };
  };
  const computer = await why(world, dn, { lookup: live('computer') });
  assert.deepEqual(gateOf(computer), ['no', 'object-type', 'object-type-not-selected', 'closed']);
  assert.deepEqual(asked, [`corp ${dn}`]);
  const nobody = await why(world, dn, { lookup: live(null) });
  assert.deepEqual(gateOf(nobody), ['no', 'directory', 'not-in-directory', 'closed']);
  assert.match(nobody.gate!.reason, /corp has no object/);
  const late = await why(world, dn, { lookup: live('user') });
  assert.deepEqual(gateOf(late), ['pending', 'import', 'not-imported-yet', 'waiting']);
  const blind = await why(world, dn);
  assert.deepEqual(gateOf(blind), ['no', 'directory', 'not-in-directory', 'closed']);
});

test('inbound scope: rule, clause and the value seen', async () => {
  const world = new CloudWorld();
  world.user('krbtgt', { isCriticalSystemObject: true });
  await world.cycle('initial');
  const told = await why(world, 'krbtgt');
  assert.deepEqual(gateOf(told), ['no', 'inbound-scope', 'filtered-by-rule', 'closed']);
  assert.equal(told.gate?.rule, 'In from AD - User Join');
  assert.equal(told.gate?.clause, 'isCriticalSystemObject NOTEQUAL TRUE');
  assert.equal(told.gate?.seen, true);
  assert.equal(told.lane.brokenBefore, 'metaverse');
});

test('group filter: the group that is asked for', async () => {
  const world = new CloudWorld({
    rules: [
      `rules:
  - name: Pilot
    direction: inbound
    connector: corp
    source: user
    target: person
    link: Provision
    replaces: Causeway.InFromADUserJoin
    scope: [["dn ISMEMBEROF CN=pilot,OU=Groups,${baseDn}"]]
    join: [["objectSid = objectSid"]]
`,
    ],
  });
  world.user('ana');
  world.user('ben');
  world.group('pilot', ['ana']);
  await world.cycle('initial');
  await world.cycle('initial');
  const ben = await why(world, 'ben');
  assert.deepEqual(gateOf(ben), ['no', 'inbound-scope', 'filtered-by-group', 'closed']);
  assert.ok(ben.gate?.reason.includes(`CN=pilot,OU=Groups,${baseDn}`));
  assert.equal((await why(world, 'ana')).inCloud, 'yes');
});

test('metaverse: cloudFiltered names the flow that made it and the part that was true', async () => {
  const world = new CloudWorld();
  world.user('service', { sAMAccountName: 'MSOL_0815' });
  await world.cycle('initial');
  const told = await why(world, 'MSOL_0815');
  assert.deepEqual(gateOf(told), ['no', 'metaverse', 'filtered-by-rule', 'closed']);
  assert.equal(told.gate?.rule, 'In from AD - User Join');
  assert.equal(told.gate?.clause, 'Left([sAMAccountName], 5) = "MSOL_"');
  assert.equal(told.gate?.attribute, 'sAMAccountName');
  assert.equal(told.gate?.seen, 'MSOL_0815');
});

test('metaverse: linked mailbox, no anchor, no accountEnabled', async () => {
  const world = new CloudWorld();
  world.user('linked', { msExchRecipientTypeDetails: 2 });
  world.user('unreadable', { userAccountControl: null });
  await world.cycle('initial');
  const linked = await why(world, 'linked@contoso.com');
  assert.deepEqual(gateOf(linked), ['no', 'metaverse', 'linked-mailbox-without-account', 'closed']);
  const anchorless = new CloudWorld({
    rules: [
      'rules:\n  - { name: No anchor, direction: inbound, connector: corp, source: user, target: person, precedence: 1, flows: [{ target: sourceAnchor, expression: AuthoritativeNull }] }\n',
      'rules:\n  - { name: No state, direction: inbound, connector: corp, source: user, target: person, precedence: 2, scope: [["sAMAccountName EQUAL ben"]], flows: [{ target: accountEnabled, expression: AuthoritativeNull }, { target: sourceAnchor, direct: sAMAccountName }] }\n',
    ],
  });
  anchorless.user('ana');
  await anchorless.cycle('initial');
  const ana = await why(anchorless, 'ana@contoso.com');
  assert.deepEqual(gateOf(ana), ['no', 'metaverse', 'no-anchor', 'closed']);
  assert.equal(ana.gate?.rule, 'No anchor');
  const stateless = new CloudWorld({
    rules: [
      'rules:\n  - { name: No state, direction: inbound, connector: corp, source: user, target: person, precedence: 2, flows: [{ target: accountEnabled, expression: AuthoritativeNull }] }\n',
    ],
  });
  stateless.user('ben');
  await stateless.cycle('initial');
  assert.deepEqual(gateOf(await why(stateless, 'ben@contoso.com')), [
    'no',
    'metaverse',
    'no-account-enabled',
    'closed',
  ]);
});

test('outbound scope of a custom rule, by a value of the identity', async () => {
  const world = new CloudWorld({
    rules: [
      `rules:
  - name: Only staff
    direction: outbound
    connector: ${cloudName}
    source: person
    target: user
    link: Provision
    replaces: Causeway.OutToAADUserJoin
    scope: [["department EQUAL Staff"]]
    join: [["sourceAnchor = sourceAnchor"]]
    copy: [accountEnabled, sourceAnchor]
    flows: [{ target: dn, expression: '"CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"' }]
`,
    ],
  });
  world.user('ana', { department: 'Guests' });
  await world.cycle('initial');
  const told = await why(world, 'ana@contoso.com');
  assert.deepEqual(gateOf(told), ['no', 'metaverse', 'filtered-by-rule', 'closed']);
  assert.match(told.gate!.reason, /"Only staff" keeps it out: department EQUAL Staff: the object has "Guests"/);
});

test('join: two objects of one forest that claim one identity', async () => {
  const world = new CloudWorld();
  world.user('ana', {}, { sid: 77 });
  world.user('twin', {}, { sid: 77 });
  await world.cycle('initial');
  const told = await why(world, 'twin@contoso.com');
  assert.deepEqual(gateOf(told), ['no', 'join', 'ambiguous-import-flow-from-multiple-connectors', 'closed']);
  assert.ok(told.gate?.reason.includes('CN=ana,'));
  assert.equal(shapes(told), 'ok error none none none');
});

test('a rule that only joins, and no identity that matches', async () => {
  const world = new CloudWorld({ objectTypes: ['user', 'contact'] });
  world.forest().put('fsp', {
    dn: `CN=S-1-5-21-9-9-9-1,CN=ForeignSecurityPrincipals,${baseDn}`,
    objectType: 'foreignSecurityPrincipal',
    attributes: { objectSid: { base64: 'AQUAAAAAAAUVAAAACQAAAAkAAAAJAAAAAQAAAA==' }, cn: 'S-1-5-21-9-9-9-1' },
  });
  const open = new CloudWorld();
  open.forest().put('fsp', world.forest().objects.get('fsp')!);
  await open.cycle('initial');
  const told = await why(open, `CN=S-1-5-21-9-9-9-1,CN=ForeignSecurityPrincipals,${baseDn}`);
  assert.deepEqual(gateOf(told), ['no', 'join', 'no-join', 'closed']);
});

test('not synchronized yet; rules changed since; rule error', async () => {
  const world = new CloudWorld();
  world.user('ana');
  await world.cycle('initial');
  world.user('ben');
  const { runProfile } = await import('../../src/sync/cycle.ts');
  const signal = new AbortController().signal;
  await runProfile(world.env, 'delta-import', 'corp', { cycle: null, retryAll: true }, signal);
  assert.deepEqual(gateOf(await why(world, 'ben')), ['pending', 'synchronization', 'not-synchronized-yet', 'waiting']);
  world.useRules([
    'rules:\n  - { name: Broken, direction: inbound, connector: corp, source: user, target: person, precedence: 1, scope: [["sAMAccountName EQUAL ben"]], flows: [{ target: department, expression: \'Error("no department")\' }] }\n',
  ]);
  assert.deepEqual(gateOf(await why(world, 'ben')), ['pending', 'synchronization', 'needs-full-sync', 'waiting']);
  await world.cycle();
  const told = await why(world, 'ben');
  assert.equal(told.gate?.gate, 'synchronization');
  assert.equal(told.gate?.state, 'closed');
  assert.equal(told.gate?.rule, 'Broken');
  assert.equal(told.gate?.attribute, 'department');
});

test('export: the error, attempts and the next one; values that were set aside', async () => {
  const world = new CloudWorld({
    seed: { groups: [{ displayName: 'Team', mail: 'team@contoso.com' }] },
  });
  world.user('team', { mail: 'team@contoso.com', proxyAddresses: ['SMTP:team@contoso.com'] });
  world.user('ana', { proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:shared@contoso.com'] });
  world.user('ben', { proxyAddresses: ['SMTP:ben@contoso.com', 'smtp:shared@contoso.com'] });
  await world.cycle('initial');
  await world.cycle();
  const told = await why(world, 'team@contoso.com');
  assert.deepEqual(gateOf(told), ['no', 'export', 'ObjectTypeMismatch', 'closed']);
  assert.equal(told.gate?.attempt, 2);
  assert.ok(told.gate?.nextAttempt);
  assert.equal(shapes(told), 'ok ok ok error none');
  assert.match((await why(world, 'ana@contoso.com')).summary.join(' '), /Nothing is pending/);
  const ben = await why(world, 'ben@contoso.com');
  assert.match(ben.gate!.reason, /The other one is ana@contoso\.com .*synchronized too/);
  assert.deepEqual(gateOf(ben), ['yes', 'cloud', 'QuarantinedAttributeValueMustBeUnique', 'closed']);
  assert.ok(ben.gate?.reason.includes('shared@contoso.com'));
  assert.equal(shapes(ben), 'ok ok ok ok warning');
});

test('staging mode and pending exports wait; a deleted object says so', async () => {
  const world = new CloudWorld({ staging: true });
  world.user('ana');
  await world.cycle('initial');
  assert.deepEqual(gateOf(await why(world, 'ana')), ['pending', 'export', 'staging-mode', 'waiting']);
  const other = new CloudWorld();
  other.user('ana');
  await other.cycle('initial');
  await other.cycle();
  other.forest().remove(other.anchorNamed('ana'));
  const { runProfile } = await import('../../src/sync/cycle.ts');
  const signal = new AbortController().signal;
  await runProfile(other.env, 'delta-import', 'corp', { cycle: null, retryAll: true }, signal);
  const told = await why(other, 'ana@contoso.com');
  assert.deepEqual(gateOf(told), ['yes', 'directory', 'deleted-in-directory', 'waiting']);
  await runProfile(other.env, 'delta-sync', null, { cycle: null, retryAll: true }, signal);
  const gone = await why(other, 'ana@contoso.com');
  assert.deepEqual(gateOf(gone), ['yes', 'export', 'delete-pending', 'waiting']);
});

test('a reference that means nothing or several gets candidates', async () => {
  const world = new CloudWorld();
  world.user('ana', { displayName: 'Ana Same' });
  world.user('ben', { displayName: 'Ana Same' });
  await world.cycle('initial');
  const several = await explain(world.engine, 'Ana Same');
  assert.equal(several.kind, 'ambiguous');
  assert.equal('candidates' in several && several.candidates.length, 2);
  const nothing = await explain(world.engine, 'ana@contoso.org');
  assert.equal(nothing.kind, 'not-found');
  assert.ok('candidates' in nothing && nothing.candidates.some((c) => c.name === 'Ana Same'));
  // A word of the name, the words the other way round, a letter wrong, and a DN with a letter wrong.
  world.user('sousa', { displayName: 'Maria Sousa', userPrincipalName: 'maria.sousa@contoso.com' });
  await world.cycle();
  for (const typed of ['sousa@fabrikam.com', 'Sousa, Maria', 'maria.suosa@contoso.com']) {
    const told = await explain(world.engine, typed);
    assert.equal('candidates' in told && told.candidates[0]?.name, 'Maria Sousa', typed);
  }
  const dn = await why(world, `CN=Maria Souza,OU=People,${baseDn}`);
  assert.match(dn.summary.at(-1)!, /^Names like it: Maria Sousa \(mv:/);
});

test('a value: source, rule, losers with their values, since when and by which run', async () => {
  const world = new CloudWorld({
    rules: [
      'rules:\n  - { name: Titles, direction: inbound, connector: corp, source: user, target: person, precedence: 5, scope: [["extensionAttribute1 ISNOTNULL"]], flows: [{ target: title, expression: \'UCase([extensionAttribute1])\' }] }\n',
    ],
  });
  world.user('ana', { title: ' Engineer ', extensionAttribute1: 'boss' });
  await world.cycle('initial');
  world.change('ana', { extensionAttribute1: 'chief' });
  await world.cycle();
  const told = await explain(world.engine, 'ana', { attribute: 'TITLE' });
  assert.ok(told.kind === 'attribute');
  assert.equal(told.attribute, 'title');
  assert.deepEqual(
    told.origins.map((o) => [o.where, o.attribute, o.value, o.winner?.rule]),
    [
      [cloudName, 'title', 'CHIEF', 'Out to AAD - User ExchangeOnline'],
      ['metaverse', 'title', 'CHIEF', 'Titles'],
    ],
  );
  const inner = told.origins[1]!;
  assert.deepEqual(inner.winner?.inputs, { extensionAttribute1: 'chief' });
  assert.deepEqual(
    inner.losers.map((l) => [l.rule, l.outcome, l.value]),
    [['In from AD - User Common', 'lost', 'Engineer']],
  );
  assert.equal(inner.since?.before, 'BOSS');
  assert.ok(Number(inner.since?.run) > 1);
  assert.ok(told.summary.some((s) => s.includes('"Engineer"') && s.includes('precedence is worse')));
  const source = await explain(world.engine, 'ana', { attribute: 'extensionAttribute1' });
  assert.ok(source.kind === 'attribute' && source.origins.length > 0);
  const none = await explain(world.engine, 'ana', { attribute: 'noSuchThing' });
  assert.ok(none.kind === 'attribute' && none.origins.length === 0);
});

test('text for terminals shows the lane and lets no control character through', async () => {
  const world = new CloudWorld();
  world.user('eve', { displayName: 'Eve \u001b[31m\u202ered', isCriticalSystemObject: true });
  await world.cycle('initial');
  const text = explainText(await explain(world.engine, 'eve'));
  assert.ok(!/[\u001b\u202e]/.test(text));
  assert.ok(text.includes('\\u001b[31m'));
  assert.ok(text.includes('●─'), text);
  assert.ok(text.includes('╳'), text);
});

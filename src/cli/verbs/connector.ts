/** `causeway connector permissions`: what an administrator of the tenant has to grant before a connector of the dialect `graph` works. */
import type { Command } from 'commander';
import { type ConsentGuide, consentGuide } from '../../connectors/entra/graph-consent.ts';
import { extensionsIn } from '../../connectors/entra/graph-extensions.ts';
import type { LoadedConfiguration } from '../../service/configuration/configuration.ts';
import { buildRuleSet } from '../../service/configuration/rule-set.ts';
import type { EntraConfiguration } from '../../service/configuration/schema.ts';
import { type CliContext, CliError } from '../context.ts';
import { paint, plain } from '../output.ts';

export function registerConnector(program: Command, context: () => CliContext): void {
  program
    .command('connector')
    .description('what a connector needs of the directory that it connects to')
    .command('permissions [connector]')
    .description('permissions of the app in a real tenant, with their ids and the address of the consent')
    .action((name: string | undefined) => {
      const cli = context();
      const config = cli.config();
      const connector = graphConnector(config, name);
      const { tenantId, clientId, url, credential } = connector;
      const readsDevices = config.settings.rules.devices !== false;
      const readsExtensions = extensionsIn(buildRuleSet(config).readAttributes(connector.name)).length > 0;
      const asked = { tenantId, clientId, readsDevices, readsExtensions };
      const guide = consentGuide({ ...asked, ...(url === undefined ? {} : { url }) });
      const isIdentity = 'managedIdentity' in credential;
      cli.answer({ connector: connector.name, ...guide }, () => guideText(connector.name, guide, isIdentity));
    });
}

function graphConnector(config: LoadedConfiguration, name: string | undefined): EntraConfiguration {
  const all = config.settings.connectors.filter(
    (c): c is EntraConfiguration => c.type === 'entra' && c.dialect === 'graph',
  );
  const names = all.map((c) => `"${c.name}"`).join(', ');
  const known = all.length === 0 ? 'The configuration has none.' : `There ${all.length === 1 ? 'is' : 'are'} ${names}.`;
  const found = name === undefined ? all : all.filter((c) => c.name === name);
  const [one, more] = found;
  if (!one || more)
    throw new CliError(
      'unknown-connector',
      name === undefined
        ? `Name a connector of type "entra" with the dialect "graph". ${known}`
        : `"${name}" is no connector of type "entra" with the dialect "graph". ${known}`,
    );
  return one;
}

function guideText(name: string, guide: ConsentGuide, isIdentity: boolean): string {
  const width = Math.max(...guide.permissions.map((p) => p.name.length));
  const permissions = guide.permissions.map(
    (p) => `  ${p.name.padEnd(width)}  ${p.id}  ${p.required ? '' : 'optional: '}${p.to}`,
  );
  const access = guide.permissions.map(
    ({ id }) => `  { "principalId": "<object id>", "resourceId": "<Graph's object id here>", "appRoleId": "${id}" }`,
  );
  return [
    paint('bold', `Application permissions of Microsoft Graph (${guide.resourceAppId}) for ${plain(name)}:`),
    ...permissions,
    '',
    ...(isIdentity
      ? [
          'A managed identity has no registration to consent to: an administrator assigns each permission to its service',
          'principal, with POST /v1.0/servicePrincipals/<object id>/appRoleAssignments:',
          ...access,
        ]
      : [
          `1. Add them to the app registration ${guide.clientId}: API permissions, Microsoft Graph, application permissions.`,
          '2. A Privileged Role Administrator or Global Administrator consents here:',
          `     ${guide.consentUrl}`,
          '',
          'Or with the Azure CLI:',
          ...guide.commands.map((command) => `  ${command}`),
        ]),
    '',
    'The ids are those of the global cloud; national clouds have some of their own.',
  ].join('\n');
}

/** The wizard's choices, which an export carries as global parameters (sync-engine s.4.9), as out-of-box options. */
import { defaultOptions, type OutOfBoxOptions, type UserJoin } from '../out-of-box/options.ts';

export interface OptionsRead {
  readonly options: OutOfBoxOptions;
  readonly notes: readonly string[];
}

/** The options that the global parameters stand for. What they do not say keeps its default, with a note. */
export function readOptions(parameters: Readonly<Record<string, string>>): OptionsRead {
  const notes: string[] = [];
  const option = (name: string): string => parameters[`Microsoft.SynchronizationOption.${name}`] ?? '';
  const feature = (name: string): boolean => parameters[`Microsoft.OptionalFeature.${name}`]?.toLowerCase() === 'true';
  const sourceAnchor = option('AnchorAttribute');
  if (!sourceAnchor)
    notes.push(`The export names no source anchor attribute; ${defaultOptions.sourceAnchor} is assumed.`);
  for (const name of ['GroupWriteBack', 'UserWriteBack', 'DeviceWriteBack', 'DirectoryExtension', 'GroupFiltering']) {
    if (feature(name))
      notes.push(`The feature ${name} is on in the export. Its rules are taken over; Causeway has no setting for it.`);
  }
  return {
    options: {
      ...defaultOptions,
      sourceAnchor: sourceAnchor || defaultOptions.sourceAnchor,
      userPrincipalName: option('UPNAttribute') || defaultOptions.userPrincipalName,
      userJoin: readUserJoin(option('JoinCriteria'), option('CustomAttribute'), notes),
      exchangeHybrid: feature('HybridExchange'),
      // The original's directory connector delivers the owner as a reference.
      deviceOwner: true,
    },
    notes,
  };
}

/** Only `ObjectSID` and `AlwaysProvision` are seen in exports; the other spellings are those of the wizard [K]. */
function readUserJoin(criteria: string, attribute: string, notes: string[]): UserJoin {
  switch (criteria.toLowerCase()) {
    case 'objectsid':
    case '':
      return 'objectSid';
    case 'alwaysprovision':
      return 'once';
    case 'mail':
    case 'mailattribute':
      return 'mail';
    case 'samaccountnamemailnickname':
    case 'samaccountnameandmailnickname':
      return 'accountName';
    case 'customattribute':
      if (attribute) return { attribute };
      break;
  }
  notes.push(`The join criterion "${criteria}" is not known; the out-of-box rules are compared with objectSid joins.`);
  return 'objectSid';
}

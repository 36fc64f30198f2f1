/** Every code that this product prints, and the classic names that people look for, with what they mean. */
import { type CatalogueEntry, errorCatalogue, quarantinedEntry } from '../../../entra/error-catalogue.ts';
import { bindCodeList, bindMeaning, tokenCodeList, tokenMeaning } from '../../connectivity/words.ts';
import { type CaseCode, casebook } from '../cases.ts';
import { caseWords } from './case-words.ts';
import { caseCauses } from './causes/cases.ts';
import { cloudCauses } from './causes/cloud.ts';
import { exportCauses } from './causes/exports.ts';
import { discoveryCauses, synchronizationCauses } from './causes/objects.ts';
import { programCauses } from './causes/program.ts';
import { bindCauses, ldapCauses, tokenCauses } from './causes/sign-in.ts';
import { connectionCauses, statusCauses } from './causes/statuses.ts';
import { commandsOf } from './commands.ts';
import { ldapCodes } from './ldap-codes.ts';
import { discoveryErrors, exportErrors, synchronizationErrors } from './object-errors.ts';
import { type CloudFacts, causesOf, type ErrorKind, type ErrorPage, pagesOf } from './page.ts';
import { programCodes } from './program-codes.ts';
import { classicStatuses, connectionResults, runStatuses } from './run-statuses.ts';

/** Headings of the kinds, in the order of the index. */
export const kindTitles: Readonly<Record<ErrorKind, string>> = {
  case: 'Cases of the casebook',
  'run-status': 'How a run ended',
  connection: 'How a connection ended',
  synchronization: 'Synchronization of an object',
  discovery: 'Reading of an object',
  export: 'Export of an object',
  cloud: 'Errors of the cloud',
  ldap: 'LDAP',
  'sign-in': 'Sign-in to the cloud (AADSTS)',
  program: 'Commands, API and connectors',
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const sentence = (text: string): string => `${capital(text)}.`;

function casePages(): ErrorPage[] {
  return (Object.keys(casebook) as CaseCode[]).map((code) => {
    const [meaning, remedy] = caseWords[code];
    const { title } = casebook[code];
    return {
      code,
      kind: 'case',
      title,
      meaning,
      causes: causesOf(caseCauses, code),
      remedy,
      commands: commandsOf(code),
    };
  });
}

const retries: Readonly<Record<CatalogueEntry['retry'], string>> = {
  'next-cycle': 'with every cycle, until it is repaired.',
  backoff: 'after a pause, by itself.',
  never: 'not by itself; only after something changed.',
};
/** A value that was set aside was exported with success: there is nothing to send again. */
const quarantined: CloudFacts = {
  ...cloudFacts(quarantinedEntry),
  retried: 'not needed; the cloud itself looks every hour.',
};

function cloudFacts(entry: CatalogueEntry): CloudFacts {
  const { category, message, numericCode, literal } = entry;
  const numbers = [numericCode, literal].flatMap((n) => (n === undefined ? [] : [String(n)]));
  return { category, retried: retries[entry.retry], message, numbers };
}

function cloudPages(): ErrorPage[] {
  const entries = { ...errorCatalogue, QuarantinedAttributeValueMustBeUnique: quarantinedEntry };
  return Object.entries(entries).map(([code, e]) => ({
    code,
    kind: 'cloud',
    title: e.title,
    meaning: e.explanation,
    causes: causesOf(cloudCauses, code),
    remedy: e.fix,
    cloud: e === quarantinedEntry ? quarantined : cloudFacts(e),
  }));
}

function ldapPages(): ErrorPage[] {
  const results = Object.entries(ldapCodes).map(([number, [name, meaning, remedy]]): ErrorPage => {
    return { code: `LDAP ${number}`, kind: 'ldap', title: name, meaning, causes: causesOf(ldapCauses, number), remedy };
  });
  const binds = bindCodeList.flatMap((code): ErrorPage[] => {
    const told = bindMeaning(code);
    const title = told && capital(told.meaning);
    return told && title
      ? [
          {
            code: `49/${code}`,
            kind: 'ldap',
            title,
            meaning: `LDAP 49, data ${code}: ${told.meaning}.`,
            causes: causesOf(bindCauses, code),
            remedy: told.toAccount
              ? `${told.remedy} In PowerShell: Get-ADUser <account> | ${told.toAccount}`
              : told.remedy,
          },
        ]
      : [];
  });
  return [...results, ...binds];
}

const signInPages = (): ErrorPage[] =>
  tokenCodeList.flatMap((code): ErrorPage[] => {
    const told = tokenMeaning(code);
    return told
      ? [
          {
            code: `AADSTS${code}`,
            kind: 'sign-in',
            title: capital(told.meaning),
            meaning: sentence(told.meaning),
            causes: causesOf(tokenCauses, code),
            remedy: told.remedy,
          },
        ]
      : [];
  });

const notGiven = (pages: readonly ErrorPage[]): ErrorPage[] => pages.map((p) => ({ ...p, given: false }));

/** Some codes are met in several places and have an entry for each. */
export const errorPages: readonly ErrorPage[] = [
  ...casePages(),
  ...pagesOf('run-status', runStatuses, statusCauses),
  ...notGiven(pagesOf('run-status', classicStatuses, statusCauses)),
  ...pagesOf('connection', connectionResults, connectionCauses),
  ...pagesOf('synchronization', synchronizationErrors, synchronizationCauses),
  ...pagesOf('discovery', discoveryErrors, discoveryCauses),
  ...pagesOf('export', exportErrors, exportCauses),
  ...cloudPages(),
  ...ldapPages(),
  ...signInPages(),
  ...pagesOf('program', programCodes, programCauses),
];

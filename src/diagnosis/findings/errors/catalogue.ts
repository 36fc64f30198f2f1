/** Every code that this product prints, and the classic names that people look for, with what they mean. */
import { errorCatalogue, quarantinedEntry } from '../../../entra/error-catalogue.ts';
import { bindCodeList, bindMeaning, tokenCodeList, tokenMeaning } from '../../connectivity/words.ts';
import { type CaseCode, casebook } from '../cases.ts';
import { caseWords } from './case-words.ts';
import { ldapCodes } from './ldap-codes.ts';
import { discoveryErrors, exportErrors, synchronizationErrors } from './object-errors.ts';
import { type ErrorKind, type ErrorPage, pagesOf } from './page.ts';
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
    return { code, kind: 'case', title: casebook[code].title, meaning, causes: [], remedy };
  });
}

function cloudPages(): ErrorPage[] {
  const entries = { ...errorCatalogue, QuarantinedAttributeValueMustBeUnique: quarantinedEntry };
  return Object.entries(entries).map(([code, e]) => ({
    code,
    kind: 'cloud',
    title: e.title,
    meaning: e.explanation,
    causes: [],
    remedy: e.fix,
  }));
}

function ldapPages(): ErrorPage[] {
  const results = Object.entries(ldapCodes).map(([number, [name, meaning, remedy]]): ErrorPage => {
    return { code: `LDAP ${number}`, kind: 'ldap', title: name, meaning, causes: [], remedy };
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
            causes: [],
            remedy: told.remedy,
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
            causes: [],
            remedy: told.remedy,
          },
        ]
      : [];
  });

const notGiven = (pages: readonly ErrorPage[]): ErrorPage[] => pages.map((p) => ({ ...p, given: false }));

/** Some codes are met in several places and have an entry for each. */
export const errorPages: readonly ErrorPage[] = [
  ...casePages(),
  ...pagesOf('run-status', runStatuses),
  ...notGiven(pagesOf('run-status', classicStatuses)),
  ...pagesOf('connection', connectionResults),
  ...pagesOf('synchronization', synchronizationErrors),
  ...pagesOf('discovery', discoveryErrors),
  ...pagesOf('export', exportErrors),
  ...cloudPages(),
  ...ldapPages(),
  ...signInPages(),
  ...pagesOf('program', programCodes),
];

/** What is known of a code; empty for one that is not known. */
export const pagesOfCode = (code: string): readonly ErrorPage[] => errorPages.filter((p) => p.code === code);

/** The catalogue as the files of docs/errors: one for each code, and an index. */
import { errorPages, kindTitles } from './catalogue.ts';
import type { CloudFacts, ErrorKind, ErrorPage } from './page.ts';

/** Name of the file of a code; no two differ in letter case alone. */
export const fileOf = (code: string): string => `${code.replace(/[/ ]/g, '-')}.md`;

/** File name to text. */
export function errorFiles(pages: readonly ErrorPage[] = errorPages): ReadonlyMap<string, string> {
  const byCode = new Map<string, ErrorPage[]>();
  for (const page of pages) byCode.set(page.code, [...(byCode.get(page.code) ?? []), page]);
  const files = new Map([...byCode].map(([code, all]) => [fileOf(code), pageText(code, all)]));
  files.set('README.md', indexText(pages));
  return files;
}

function pageText(code: string, pages: readonly ErrorPage[]): string {
  return `# ${code}\n\n${pages.map((p) => entryText(p, pages.length > 1)).join('\n')}\n[All codes](README.md)\n`;
}

/** A heading within a line: abbreviations keep their capitals. */
const inSentence = (title: string): string =>
  /^[A-Z][a-z]/.test(title) ? `${title.charAt(0).toLowerCase()}${title.slice(1)}` : title;

function entryText(page: ErrorPage, isOneOfSeveral: boolean): string {
  const lines = [
    ...(isOneOfSeveral ? [`## ${kindTitles[page.kind]}`, ''] : []),
    `**${page.title}** (${inSentence(kindTitles[page.kind])})`,
    '',
    page.meaning,
    '',
    ...(page.causes.length > 0 ? ['Usual causes:', '', ...page.causes.map((c) => `- ${c}`), ''] : []),
    `What to do: ${page.remedy}`,
    '',
    ...commandText(page.commands ?? []),
    ...(page.cloud ? cloudText(page.cloud) : []),
    ...(page.given === false
      ? ['This product does not give it; it is here for whoever knows it from elsewhere.', '']
      : []),
    ...(page.kind === 'case' ? ['How it is found, and how it heals: [the casebook](../casebook.md).', ''] : []),
  ];
  return lines.join('\n');
}

function commandText(commands: readonly string[]): string[] {
  return commands.length === 0 ? [] : ['It is shown by:', '', '```sh', ...commands, '```', ''];
}

function cloudText({ category, retried, message, numbers }: CloudFacts): string[] {
  return [
    `- Section of the error report: ${category}`,
    `- Sent again: ${retried}`,
    ...(numbers.length > 0 ? [`- Numbers of the service: ${numbers.map((n) => `\`${n}\``).join(', ')}`] : []),
    '',
    'Text of the answer, where `{…}` stands for a fact and text in `«…»` is left out if its facts are not known:',
    '',
    `> ${message}`,
    '',
  ];
}

function indexText(pages: readonly ErrorPage[]): string {
  const kinds = Object.keys(kindTitles) as ErrorKind[];
  const sections = kinds.map((kind) => {
    const rows = pages
      .filter((p) => p.kind === kind)
      .map((p) => `| [\`${p.code}\`](${encodeURI(fileOf(p.code))}) | ${p.title} |`);
    return `## ${kindTitles[kind]}\n\n| Code | |\n|---|---|\n${rows.join('\n')}\n`;
  });
  const head =
    '# Codes\n\nEvery error carries its code, on the command line in brackets at its end, in JSON as `code`. These pages are made from the data that the program uses.\n';
  return `${head}\n${sections.join('\n')}`;
}

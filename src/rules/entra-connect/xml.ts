/** The one place that reads and writes XML. Small trees only: the files of an exported Entra Connect configuration. */
import { XMLParser } from 'fast-xml-parser';

/** An element without its namespace prefix. `text` is the text directly inside, concatenated. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  readonly text: string;
}

export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** An exported connector with a full Active Directory schema is about 2 MB; ten times that is not a configuration any more. */
const maximumLength = 32 * 1024 * 1024;
const maximumDepth = 64;
const attributeGroup = ':@';

/**
 * The root element of an XML document.
 * Throws `XmlError` if it is not well formed, larger than 32 million characters, nested deeper than 64 elements, or has a
 * document type declaration: entities are never expanded, so that a small file cannot become a large one.
 */
export function parseXml(text: string, file: string): XmlNode {
  if (text.length > maximumLength) {
    throw new XmlError(
      `${file} has ${text.length} characters; a configuration file may have at most ${maximumLength}.`,
    );
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new XmlError(`${file} declares a document type. Exported configurations have none, so the file is refused.`);
  }
  const roots = elements(parseTree(text, file), file, 0);
  const [root] = roots;
  if (root === undefined || roots.length !== 1) throw new XmlError(`${file} is not one XML document.`);
  return root;
}

function parseTree(text: string, file: string): unknown {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    removeNSPrefix: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    maxNestedTags: maximumDepth,
  });
  try {
    return parser.parse(text.replace(/^\uFEFF/, ''), true);
  } catch (cause) {
    throw new XmlError(`${file} is not well-formed XML: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function elements(list: unknown, file: string, depth: number): XmlNode[] {
  if (!Array.isArray(list)) throw new XmlError(`${file} is not one XML document.`);
  if (depth > maximumDepth) throw new XmlError(`${file} nests more than ${maximumDepth} elements.`);
  return list.flatMap((entry: unknown) => {
    const record = entry as Record<string, unknown>;
    const name = Object.keys(record).find((key) => key !== attributeGroup);
    return name === undefined || name === '#text' ? [] : [element(name, record, file, depth)];
  });
}

function element(name: string, record: Record<string, unknown>, file: string, depth: number): XmlNode {
  const content = record[name];
  const attributes: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries((record[attributeGroup] ?? {}) as Record<string, unknown>)) {
    attributes[key] = decodeEntities(String(value), file);
  }
  const text = Array.isArray(content)
    ? content.map((part: Record<string, unknown>) => ('#text' in part ? String(part['#text']) : '')).join('')
    : '';
  return { name, attributes, children: elements(content, file, depth + 1), text: decodeEntities(text, file) };
}

const namedEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string, file: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z]+);/g, (whole, body: string) => {
    if (!body.startsWith('#')) {
      const known = Object.hasOwn(namedEntities, body) ? namedEntities[body] : undefined;
      if (known === undefined) throw new XmlError(`${file} uses the entity ${whole}, which XML does not define.`);
      return known;
    }
    const code = body[1] === 'x' ? Number.parseInt(body.slice(2), 16) : Number.parseInt(body.slice(1), 10);
    if (code === 0 || code > 0x10ffff) throw new XmlError(`${file} uses ${whole}, which is not a character.`);
    return String.fromCodePoint(code);
  });
}

/** The first child of that name, if there is one. */
export const child = (node: XmlNode | undefined, name: string): XmlNode | undefined =>
  node?.children.find((c) => c.name === name);

/** All children of that name, in document order. */
export const childrenOf = (node: XmlNode | undefined, name: string): readonly XmlNode[] =>
  node?.children.filter((c) => c.name === name) ?? [];

/** The node at the end of the path, if every step exists. */
export const descend = (node: XmlNode | undefined, ...path: string[]): XmlNode | undefined =>
  path.reduce<XmlNode | undefined>((at, name) => child(at, name), node);

/** The trimmed text at the end of the path; empty if a step is missing. */
export const textAt = (node: XmlNode | undefined, ...path: string[]): string =>
  descend(node, ...path)?.text.trim() ?? '';

/** An element to be written: text content, or child elements. */
export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | readonly XmlElement[];
}

/** XML text of an element, indented by two spaces a level. */
export function writeXml(node: XmlElement, indent = ''): string {
  const attributes = Object.entries(node.attributes ?? {})
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
  const open = `${indent}<${node.name}${attributes}`;
  if (node.content.length === 0) return `${open} />`;
  if (typeof node.content === 'string') return `${open}>${escapeXml(node.content)}</${node.name}>`;
  const inner = node.content.map((part) => writeXml(part, `${indent}  `)).join('\n');
  return `${open}>\n${inner}\n${indent}</${node.name}>`;
}

function escapeXml(text: string): string {
  // Line breaks and tabs are written as references, since a parser may turn them into spaces or "\n".
  return text.replace(/[&<>"\t\r\n]/g, (c) => {
    switch (c) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#${c.charCodeAt(0)};`;
    }
  });
}

/** Distinguished names (RFC 4514). */
export interface Rdn {
  /** Attribute type as written, e.g. `CN`. For a multi-valued RDN the whole text before the first `=`. */
  readonly type: string;
  /** Unescaped value. For a multi-valued RDN the rest of the component, unescaped. */
  readonly value: string;
}

/** The components of a DN as written, still escaped, leaf first; undefined if it is malformed. */
export function splitDn(dn: string): string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < dn.length; i++) {
    const c = dn[i];
    if (c === '\\') {
      if (i + 1 >= dn.length) return undefined;
      i++;
    } else if (c === ',') {
      parts.push(dn.slice(start, i).trim());
      start = i + 1;
    }
  }
  if (dn.length > 0) parts.push(dn.slice(start).trim());
  return parts.every((p) => p.indexOf('=') > 0) ? parts : undefined;
}

/** Undoes RFC 4514 escaping: `\,` and hexadecimal pairs, which are UTF-8 bytes. */
export function unescapeDnValue(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes: Buffer[] = [];
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '\\') {
      let j = i;
      while (j < text.length && text[j] !== '\\') j++;
      bytes.push(Buffer.from(text.slice(i, j)));
      i = j;
    } else if (/^[0-9a-fA-F]{2}$/.test(text.slice(i + 1, i + 3))) {
      bytes.push(Buffer.from(text.slice(i + 1, i + 3), 'hex'));
      i += 3;
    } else {
      const char = String.fromCodePoint(text.codePointAt(i + 1) ?? 0x5c);
      bytes.push(Buffer.from(char));
      i += 1 + char.length;
    }
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** One value escaped for use in a DN (RFC 4514 s.2.4). */
export function escapeDnValue(value: string): string {
  return value
    .replace(/[\\,+"<>;=]/g, (c) => `\\${c}`)
    .replace(/[\u0000-\u001f]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
    .replace(/^[ #]/, (c) => `\\${c}`)
    .replace(/ $/, '\\ ');
}

/** The parsed components, leaf first; undefined if the DN is malformed. */
export function parseDn(dn: string): Rdn[] | undefined {
  return splitDn(dn)?.map((part) => {
    const at = part.indexOf('=');
    return { type: part.slice(0, at).trim(), value: unescapeDnValue(part.slice(at + 1).trim()) };
  });
}

/** The DN of the parent as written; the empty string for a single component. */
export function parentDn(dn: string): string {
  return (splitDn(dn) ?? []).slice(1).join(',');
}

/**
 * The key by which DNs are compared and ranged: components root first, lower-cased and unescaped, each followed by
 * U+0001. All descendants of a DN have a key that starts with its key. A malformed DN compares as its lower-case text.
 */
export function dnKey(dn: string): string {
  const simple = dn.includes('\\') ? undefined : dn.toLowerCase().split(',');
  if (simple) {
    let key = '';
    for (let i = simple.length - 1; i >= 0; i--) {
      const part = simple[i]!;
      const at = part.indexOf('=');
      if (at <= 0) return dn.toLowerCase();
      key += `${part.slice(0, at).trim()}=${part.slice(at + 1).trim()}\u0001`;
    }
    return key;
  }
  const parts = parseDn(dn);
  if (!parts) return dn.toLowerCase();
  return parts.reduceRight((key, p) => `${key}${p.type.toLowerCase()}=${p.value.toLowerCase()}\u0001`, '');
}

/** Whether the DN lies at or below the base. Both are keys made by `dnKey`. */
export const isAtOrBelow = (key: string, baseKey: string): boolean => key.startsWith(baseKey);

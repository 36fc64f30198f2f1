/** Requests on the wire (RFC 4511 s.4). Each function gives the protocol operation; `encodeMessage` puts it into an envelope. */
import { BerWriter } from './ber-writer.ts';
import { writeFilter } from './filter.ts';
import type { LdapControl, ModifyChange, SearchRequest } from './types.ts';

export const OID = {
  startTls: '1.3.6.1.4.1.1466.20037',
  noticeOfDisconnection: '1.3.6.1.4.1.1466.20036',
} as const;

const SCOPES = { base: 0, one: 1, sub: 2 } as const;
const CHANGES = { add: 0, delete: 1, replace: 2 } as const;

/** LDAPMessage: SEQUENCE { messageID, protocolOp, [0] controls }. */
export function encodeMessage(id: number, operation: Buffer, controls: readonly LdapControl[] = []): Buffer {
  const writer = new BerWriter(operation.length + 64);
  const message = writer.begin(0x30);
  writer.integer(id);
  writer.raw(operation);
  if (controls.length > 0) {
    const list = writer.begin(0xa0);
    for (const control of controls) {
      const start = writer.begin(0x30);
      writer.octets(control.oid);
      if (control.critical) writer.boolean(true);
      if (control.value !== undefined) writer.octets(control.value);
      writer.end(start);
    }
    writer.end(list);
  }
  writer.end(message);
  return writer.bytes();
}

export function searchOperation(request: SearchRequest): Buffer {
  return operation(0x63, (writer) => {
    writer.octets(request.base);
    writer.enumerated(SCOPES[request.scope]);
    writer.enumerated(0); // Aliases are never followed: their targets would arrive twice.
    writer.integer(request.sizeLimit ?? 0);
    writer.integer(request.timeLimitSeconds ?? 0);
    writer.boolean(request.typesOnly ?? false);
    writeFilter(writer, request.filter);
    const list = writer.begin(0x30);
    for (const name of request.attributes ?? []) writer.octets(name);
    writer.end(list);
  });
}

export function simpleBindOperation(user: string, password: string): Buffer {
  return operation(0x60, (writer) => {
    writer.integer(3);
    writer.octets(user);
    writer.octets(password, 0x80);
  });
}

export function saslBindOperation(mechanism: string, credentials: Buffer): Buffer {
  return operation(0x60, (writer) => {
    writer.integer(3);
    writer.octets('');
    const start = writer.begin(0xa3);
    writer.octets(mechanism);
    writer.octets(credentials);
    writer.end(start);
  });
}

/** UnbindRequest: [APPLICATION 2] NULL. */
export const unbindOperation = (): Buffer => Buffer.from([0x42, 0x00]);

export function abandonOperation(id: number): Buffer {
  const writer = new BerWriter(16);
  writer.integer(id, 0x50);
  return writer.bytes();
}

export function modifyOperation(dn: string, changes: readonly ModifyChange[]): Buffer {
  return operation(0x66, (writer) => {
    writer.octets(dn);
    const list = writer.begin(0x30);
    for (const change of changes) {
      const start = writer.begin(0x30);
      writer.enumerated(CHANGES[change.operation]);
      writeAttribute(writer, change.attribute, change.values);
      writer.end(start);
    }
    writer.end(list);
  });
}

export function addOperation(dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Buffer {
  return operation(0x68, (writer) => {
    writer.octets(dn);
    const list = writer.begin(0x30);
    for (const [name, values] of Object.entries(attributes)) {
      if (values.length > 0) writeAttribute(writer, name, values);
    }
    writer.end(list);
  });
}

/** DelRequest: [APPLICATION 10] LDAPDN. */
export function deleteOperation(dn: string): Buffer {
  const writer = new BerWriter();
  writer.octets(dn, 0x4a);
  return writer.bytes();
}

export function renameOperation(dn: string, to: { rdn: string; deleteOldRdn?: boolean; superior?: string }): Buffer {
  return operation(0x6c, (writer) => {
    writer.octets(dn);
    writer.octets(to.rdn);
    writer.boolean(to.deleteOldRdn ?? true);
    if (to.superior !== undefined) writer.octets(to.superior, 0x80);
  });
}

export function extendedOperation(oid: string, value?: Buffer): Buffer {
  return operation(0x77, (writer) => {
    writer.octets(oid, 0x80);
    if (value !== undefined) writer.octets(value, 0x81);
  });
}

function operation(tag: number, content: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  const start = writer.begin(tag);
  content(writer);
  writer.end(start);
  return writer.bytes();
}

function writeAttribute(writer: BerWriter, name: string, values: readonly (string | Buffer)[]): void {
  const start = writer.begin(0x30);
  writer.octets(name);
  const set = writer.begin(0x31);
  for (const value of values) writer.octets(value);
  writer.end(set);
  writer.end(start);
}

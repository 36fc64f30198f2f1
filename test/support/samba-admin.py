#!/usr/bin/python3
"""Works on the database of a test domain controller without going through LDAP.

Reads one JSON document from standard input: {"conf": FILE, "database": FILE, "commands": [{"op": ..., ...}]}; writes one JSON list.
"""
import base64
import json
import sys

import ldb
from samba import param
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.samdb import SamDB

SYNTAXES = {  # name: (attributeSyntax, oMSyntax, oMObjectClass)
    "string": ("2.5.5.12", 64, None),
    "integer": ("2.5.5.9", 2, None),
    "boolean": ("2.5.5.8", 1, None),
    "large-integer": ("2.5.5.16", 65, None),
    "binary": ("2.5.5.10", 4, None),
    "sid": ("2.5.5.17", 4, None),
    "dn": ("2.5.5.1", 127, bytes.fromhex("2b0c0287731c00854a")),
}


def value(v):
    if isinstance(v, dict):
        return base64.b64decode(v["base64"])
    return str(v).encode("utf-8")


def values(v):
    return [value(x) for x in v] if isinstance(v, list) else [value(v)]


def add(db, command):
    for o in command["objects"]:
        message = {k: values(v) for k, v in o["attributes"].items()}
        if "password" in o:
            message["unicodePwd"] = ('"%s"' % o["password"]).encode("utf-16-le")
        message["dn"] = o["dn"]
        db.add(message)
    return len(command["objects"])


def schema(db, command):
    base = str(db.get_schema_basedn())
    for a in command["attributes"]:
        syntax, om, om_class = SYNTAXES[a["syntax"]]
        message = {
            "dn": "CN=%s,%s" % (a["cn"], base),
            "objectClass": "attributeSchema",
            "lDAPDisplayName": a["name"],
            "adminDisplayName": a["cn"],
            "attributeID": a["oid"],
            "attributeSyntax": syntax,
            "oMSyntax": str(om),
            "isSingleValued": "FALSE" if a.get("multi") else "TRUE",
            "isMemberOfPartialAttributeSet": "TRUE",
            "searchFlags": "0",
            "showInAdvancedViewOnly": "TRUE",
        }
        if om_class:
            message["oMObjectClass"] = om_class
        if "linkId" in a:
            message["linkID"] = str(a["linkId"])
        if "rangeUpper" in a:
            message["rangeUpper"] = str(a["rangeUpper"])
        db.add(message)
    # The schema is read anew only outside of a transaction.
    db.transaction_commit()
    refresh(db)
    db.transaction_start()
    holder = ldb.Message(ldb.Dn(db, "CN=Mail-Recipient,%s" % base))
    holder["mayContain"] = ldb.MessageElement([a["name"] for a in command["attributes"]], ldb.FLAG_MOD_ADD, "mayContain")
    db.modify(holder)
    return len(command["attributes"])


def refresh(db):
    db.modify_ldif("dn:\nchangetype: modify\nadd: schemaUpdateNow\nschemaUpdateNow: 1\n")


def account(db, name):
    found = db.search(
        db.get_default_basedn(),
        scope=ldb.SCOPE_SUBTREE,
        expression="(sAMAccountName=%s)" % ldb.binary_encode(name),
        attrs=["objectSid"],
    )
    return ndr_unpack(security.dom_sid, found[0]["objectSid"][0])


def ace(db, command):
    """Adds or removes one ACE; `ace` is its SDDL with %s for the SID of the account."""
    dn = command.get("dn") or str(db.get_default_basedn())
    text = command["ace"] % account(db, command["account"])
    found = db.search(dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["sd_flags:1:4", "show_deleted:1"])
    domain = security.dom_sid(db.get_domain_sid())
    sddl = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0]).as_sddl(domain)
    if command["remove"]:
        changed = sddl.replace(text, "")
    else:
        at = sddl.index("(", sddl.index("D:"))
        changed = sddl[:at] + text + sddl[at:]
    if changed == sddl:
        raise Exception("nothing changed in %s" % dn)
    message = ldb.Message(ldb.Dn(db, dn))
    packed = ndr_pack(security.descriptor.from_sddl(changed, domain))
    message["nTSecurityDescriptor"] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    db.modify(message, controls=["sd_flags:1:4", "show_deleted:1"])
    return text


def new_user(db, command):
    db.newuser(command["name"], command["password"], userou=command.get("ou"))
    return str(account(db, command["name"]))


def domain_setting(db, command):
    message = ldb.Message(ldb.Dn(db, str(db.get_default_basedn())))
    for name, v in command["attributes"].items():
        message[name] = ldb.MessageElement(str(v), ldb.FLAG_MOD_REPLACE, name)
    db.modify(message)
    return True


OPERATIONS = {"add": add, "schema": schema, "ace": ace, "newUser": new_user, "domainSetting": domain_setting}


def main():
    request = json.load(sys.stdin)
    lp = param.LoadParm()
    lp.load(request["conf"])
    lp.set("dsdb:schema update allowed", "true")
    db = SamDB(url=request["database"], session_info=system_session(lp), lp=lp, flags=ldb.FLG_NOSYNC)
    results = []
    for command in request["commands"]:
        db.transaction_start()
        try:
            results.append(OPERATIONS[command["op"]](db, command))
        except BaseException:
            db.transaction_cancel()
            raise
        db.transaction_commit()
    json.dump(results, sys.stdout)


main()

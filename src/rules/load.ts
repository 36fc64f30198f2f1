/**
 * Rule files: YAML text to `SyncRule`s. One shape for out-of-box and custom rules.
 *
 * ```yaml
 * rules:
 *   - name: In from AD - User Join
 *     tag: Causeway.InFromADUserJoin.001   # out-of-box rules only: stable identity with a version suffix
 *     description: text                    # optional
 *     direction: inbound                   # inbound | outbound
 *     connectorType: active-directory      # one instance for each connector of this type; or `connector: <name>`
 *     source: user                         # inbound: connector-space type; outbound: metaverse type
 *     target: person                       # inbound: metaverse type, "*" joins any; outbound: connector-space type
 *     link: Provision                      # Join | StickyJoin | Provision; default Join
 *     precedence: 100                      # out-of-box: the order, renumbered from 100; custom: 1-99
 *     passwordSync: true                   # default false
 *     disabled: false                      # default false
 *     feature: exchange                    # optional: loaded only where this feature is on
 *     scope:                               # groups are OR, clauses of a group AND; absent: always in scope
 *       - - isCriticalSystemObject NOTEQUAL TRUE
 *         - adminDescription NOTSTARTSWITH User_
 *       - - { attribute: x, operator: EQUAL, value: "text with  odd spaces " }   # long form of a clause
 *     join:                                # groups in order, clauses of a group AND; absent: does not join
 *       - - objectSid = objectSid          # connector space = metaverse, in both directions
 *       - - { cs: sourceAnchor, mv: sourceAnchor, caseSensitive: true }          # long form of a clause
 *     copy: [displayName, givenName]       # direct flows between attributes of the same name
 *     flows:                               # target: source, one way of each
 *       - { target: surname, direct: sn }
 *       - { target: sourceObjectType, constant: User }
 *       - { target: cloudFiltered, expression: 'IIF(IsPresent([isCriticalSystemObject]), True, NULL)' }
 *       - { target: proxyAddresses, direct: proxyAddresses, merge: MergeCaseInsensitive, executeOnce: true }
 * ```
 *
 * Only in custom files: `precedenceBefore` / `precedenceAfter` (a tag or the name of a rule) instead of `precedence`;
 * `replaces: <tag>` on a rule, which takes the place of the out-of-box rule and, without `precedence`, its order;
 * `disable: [<tag>, …]` beside `rules`; `metaverse: { person: { costBand: string, other: { syntax: string,
 * multiValued: true, indexable: true } } }` beside `rules`, which adds attributes to the metaverse schema.
 * A tag may be written without its version suffix: `Causeway.InFromADUserJoin`.
 */

/** What is wrong with a membership rule: `invalid` nobody would take it, `unsupported` the real service would. */
export class MembershipRuleError extends Error {
  readonly kind: 'invalid' | 'unsupported';
  constructor(kind: 'invalid' | 'unsupported', message: string) {
    super(message);
    this.name = 'MembershipRuleError';
    this.kind = kind;
  }
}
export const invalidRule = (message: string): MembershipRuleError => new MembershipRuleError('invalid', message);
export const unsupportedRule = (what: string): MembershipRuleError => new MembershipRuleError('unsupported', what);

/** Rules of warnings that no row of warnings.csv stands behind: counted by their words, where somebody asks for details. */
export const NOTICE_RULES = ['unreached', 'other-warning'] as const;
export type NoticeRule = (typeof NOTICE_RULES)[number];

export function isNoticeRule(rule: string): rule is NoticeRule {
  return (NOTICE_RULES as readonly string[]).includes(rule);
}

import { whoIs } from '../../shared/runtime/access.ts'
import type { HttpContext } from '../../shared/runtime/route.ts'
import type { NewAuditLine } from '../../shared/store/audit-log.ts'

export type Asked = Pick<HttpContext<unknown, unknown, unknown>, 'caller' | 'address' | 'now'>

/** Who asks, as the audit log and `approved_by` name them. */
export const whoAsks = ({ caller }: Pick<Asked, 'caller'>): string => whoIs(caller)

/** The part of an audit line that says who did something, when and from where: in the chain of people's acts. */
export const auditOf = (asked: Asked, reason = ''): Pick<NewAuditLine, 'writer' | 'at' | 'who' | 'from' | 'reason'> => ({
  writer: 'people',
  at: asked.now,
  who: whoAsks(asked),
  from: asked.address,
  reason,
})

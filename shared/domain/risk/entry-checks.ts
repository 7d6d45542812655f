import type { ReasonCode } from '../reason-codes.ts'
import { allocated } from './allocated.ts'
import { brokerAvailable } from './broker-available.ts'
import { capitalLeft } from './capital-left.ts'
import type { Check } from './check.ts'
import { correlationLimit } from './correlation-limit.ts'
import { cvarLimit } from './cvar-limit.ts'
import { expired } from './expired.ts'
import { freshAccount } from './fresh-account.ts'
import { killSwitch } from './kill-switch.ts'
import { marginLimit } from './margin-limit.ts'
import { minimumSize } from './minimum-size.ts'
import { orderTypeSupported } from './order-type-supported.ts'
import { priced } from './priced.ts'
import { rated } from './rated.ts'
import { slippage } from './slippage.ts'
import { strategyActive } from './strategy-active.ts'
import { strategyLimits } from './strategy-limits.ts'

interface EntryCheck {
  name: string
  check: Check
  /** What a size that it cut is said to be cut by. */
  cuts?: ReasonCode
  /** Whether a size that was reserved before has its answer already. */
  answered?: boolean
}

/** Every rule for entries, in the order in which they are asked; the first that denies is the reason. */
export const entryChecks: readonly EntryCheck[] = [
  { name: 'kill switch', check: killSwitch },
  { name: 'signal age', check: expired },
  { name: 'strategy status', check: strategyActive },
  { name: 'allocation', check: allocated },
  { name: 'capital left', check: capitalLeft },
  { name: 'account', check: freshAccount },
  { name: 'broker', check: brokerAvailable },
  { name: 'order type', check: orderTypeSupported },
  { name: 'exchange rate', check: rated },
  { name: 'slippage', check: slippage },
  { name: 'strategy limits', check: strategyLimits, cuts: 'RISK_LIMIT', answered: true },
  { name: 'correlation', check: correlationLimit, answered: true },
  { name: 'price', check: priced },
  { name: 'minimum size', check: minimumSize },
  { name: 'margin', check: marginLimit, cuts: 'MARGIN_EXCEEDED', answered: true },
  { name: 'cvar', check: cvarLimit, cuts: 'CVAR_LIMIT', answered: true },
]

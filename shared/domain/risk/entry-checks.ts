import { accountKnown } from './account-known.ts'
import { allocated } from './allocated.ts'
import { capitalLeft } from './capital-left.ts'
import type { Check } from './check.ts'
import { expired } from './expired.ts'
import { killSwitch } from './kill-switch.ts'
import { marginLimit } from './margin-limit.ts'
import { minimumSize } from './minimum-size.ts'
import { orderTypeSupported } from './order-type-supported.ts'
import { priced } from './priced.ts'
import { strategyActive } from './strategy-active.ts'

/** Every rule for entries, in the order in which they are asked; the first that denies is the reason. */
export const entryChecks: readonly { name: string; check: Check }[] = [
  { name: 'kill switch', check: killSwitch },
  { name: 'signal age', check: expired },
  { name: 'strategy status', check: strategyActive },
  { name: 'allocation', check: allocated },
  { name: 'capital left', check: capitalLeft },
  { name: 'account', check: accountKnown },
  { name: 'order type', check: orderTypeSupported },
  { name: 'price', check: priced },
  { name: 'minimum size', check: minimumSize },
  { name: 'margin', check: marginLimit },
]

import type { Decimal } from '../money/decimal.ts'

interface EntryTerms {
  order_type: string
  stop_loss?: Decimal | null
  take_profit?: Decimal | null
}

const bracketable: readonly string[] = ['MARKET', 'LIMIT', 'STOP']

/** The type that an entry is sent as: one that names where to leave again is a bracket, whatever it enters by. */
export const entryType = <T extends string>({ order_type, stop_loss, take_profit }: EntryTerms & { order_type: T }): T | 'BRACKET' =>
  (stop_loss || take_profit) && bracketable.includes(order_type) ? 'BRACKET' : order_type

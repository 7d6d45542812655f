import { Decimal } from '../money/decimal.ts'

export interface TransferableAccount {
  account_id: string
  broker_id: string
  currency: string
  trading_mode: 'LIVE' | 'PAPER' | 'SHADOW'
  /** In `currency`. */
  equity: Decimal
  cash_balance: Decimal
  margin_used: Decimal
}

export interface TransferProposal {
  broker_id: string
  from_account: string
  to_account: string
  currency: string
  /** > 0, in cents. */
  amount: Decimal
  /** Percent of equity before. */
  from_margin_pct: Decimal
  to_margin_pct: Decimal
}

/** Above this an account wants money; it gets enough to stand at the second, so that the next mark does not ask again. */
const NEEDS_ABOVE_PCT = 35
const BRING_TO_PCT = 30
/** Below this a sibling can give, and only as much as keeps it there. */
const GIVES_BELOW_PCT = 20

const marginPct = ({ margin_used, equity }: TransferableAccount): Decimal => margin_used.div(equity).times(100)

/**
 * Transfers inside one broker that would bring accounts above 35 % margin back to 30 %, from siblings of the same currency and mode that
 * stay below 20 % (ACC-8); the sibling with most to give gives. Only proposed: moving money is for a person.
 */
export function proposeTransfers(accounts: readonly TransferableAccount[]): TransferProposal[] {
  const sound = accounts.filter(({ equity }) => equity.gt(0))
  return sound
    .filter(account => marginPct(account).gt(NEEDS_ABOVE_PCT))
    .flatMap(needy => {
      const wanted = needy.margin_used.div(BRING_TO_PCT).times(100).minus(needy.equity)
      const [giver] = sound
        .filter(each => isSibling(each, needy) && marginPct(each).lt(GIVES_BELOW_PCT))
        .sort((one, other) => mostOf(other).comparedTo(mostOf(one)))
      if (!giver) return []
      const amount = Decimal.min(wanted, mostOf(giver)).toDecimalPlaces(2, Decimal.ROUND_DOWN)
      if (!amount.gt(0)) return []
      const { broker_id, currency, account_id: to_account } = needy
      const pcts = { from_margin_pct: marginPct(giver), to_margin_pct: marginPct(needy) }
      return [{ broker_id, from_account: giver.account_id, to_account, currency, amount, ...pcts }]
    })
}

const isSibling = (one: TransferableAccount, other: TransferableAccount): boolean =>
  one.account_id !== other.account_id &&
  one.broker_id === other.broker_id &&
  one.currency === other.currency &&
  one.trading_mode === other.trading_mode

/** What an account can give: its cash, as far as its margin stays below 20 % of what is left. */
const mostOf = ({ equity, margin_used, cash_balance }: TransferableAccount): Decimal =>
  Decimal.min(cash_balance, equity.minus(margin_used.div(GIVES_BELOW_PCT).times(100)))

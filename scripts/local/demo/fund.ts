import { ZERO } from '../../../shared/domain/money/decimal.ts'
import { type AccountHierarchy, accountsOf } from '../../../shared/store/account-hierarchy.ts'

const account = (account_id: string, account_type: 'MARGIN' | 'FUTURES' | 'CRYPTO', currency: string, description: string) => ({
  account_id,
  account_type,
  currency,
  status: 'ACTIVE' as const,
  trading_mode: 'PAPER' as const,
  description,
})

/** The fund, its brokers and accounts, all paper; `connection` says where the paper broker is, unless it is in every process. */
export const demoFund = (fund_id: string, connection: Record<string, string> = {}): AccountHierarchy => ({
  _id: fund_id,
  fund_name: 'Mathematricks Fund',
  base_currency: 'USD',
  brokers: [
    {
      broker_id: 'Paper_Prime',
      broker_name: 'Paper prime broker',
      adapter: 'paper',
      connection,
      accounts: [
        account('IBKR_Main', 'MARGIN', 'USD', 'Shares, options and currencies'),
        account('IBKR_Futures', 'FUTURES', 'USD', 'Futures'),
      ],
    },
    {
      broker_id: 'Paper_Direct',
      broker_name: 'Paper direct broker',
      adapter: 'paper',
      connection,
      accounts: [account('ALPACA_Main', 'MARGIN', 'USD', 'Shares'), account('Binance_Main', 'CRYPTO', 'USDT', 'Coins')],
    },
  ],
})

const START_CASH = '1000000'

/** The paper broker's books of a fund's accounts, as they are opened. */
export const openedBooks = (fund: AccountHierarchy) =>
  accountsOf(fund).map(({ account: { account_id, account_type, currency }, broker: { broker_id } }) => ({
    account_id,
    broker_id,
    currency,
    account_type,
    start_cash: START_CASH,
    cash: { [currency]: START_CASH },
    realized_pnl: { [currency]: ZERO },
    fees: { [currency]: ZERO },
    positions: [],
    pending_fills: [],
    version: 1,
  }))

import type { Account } from '../account.ts'

/** The coin that markets are quoted in here, and that cash is kept in. */
export const cashCoin = ({ currency, session }: Account): string => session.connection.cash_assets[0] ?? currency

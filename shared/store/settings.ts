import { z } from 'zod'
import { decimal } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'
import { readAll } from './query.ts'

const switchPosition = z.enum(['ACTIVE', 'REDUCING', 'HALTED'])

const setting = z.object({
  fund_id: z.string(),
  kill_switch: z.object({
    fund: switchPosition,
    accounts: z.record(z.string(), switchPosition),
    strategies: z.record(z.string(), switchPosition),
  }),
  /** Largest share of equity that margin may use, in percent, on an account and over the fund. */
  margin_limit_pct: decimal,
  /** Percent of its paper account that a strategy without weight is sized at. */
  test_allocation_pct: decimal,
  /** Trades appear on the public page after this. */
  public_trade_delay_s: z.number(),
})
export type Settings = z.output<typeof setting>

export const settings = collection('settings', { schema: setting, indexes: [{ key: { fund_id: 1 }, unique: true }], retention: 'forever' })

/** What holds for a fund that has changed nothing. */
export const defaultSettings = (fund_id: string): Settings =>
  setting.parse({
    fund_id,
    kill_switch: { fund: 'ACTIVE', accounts: {}, strategies: {} },
    margin_limit_pct: '40',
    test_allocation_pct: '5',
    public_trade_delay_s: 0,
  })

export const settingsQuery = ({ fund_id }: Store) => ({ in: settings, filter: { fund_id } })

export async function readSettings(store: Store): Promise<Settings> {
  const [found] = await readAll(store, settingsQuery(store))
  return found ?? defaultSettings(store.fund_id)
}

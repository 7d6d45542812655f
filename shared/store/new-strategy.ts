import { ONE } from '../domain/money/decimal.ts'
import type { NewStrategy } from '../messages/strategy.ts'
import type { StrategyConfiguration } from './strategy-configurations.ts'

interface Circumstances {
  passphrase_hashes: string[]
  api_key_hashes: string[]
  now: Date
}

/** A strategy's first document; what is not given is the safe choice: it does not trade, and if it did, on paper. */
export const newStrategyDocument = (given: NewStrategy, { now, ...hashes }: Circumstances): StrategyConfiguration => ({
  strategy_id: given.strategy_id,
  strategy_name: given.strategy_name ?? given.strategy_id,
  status: given.status ?? 'INACTIVE',
  trading_mode: given.trading_mode ?? 'PAPER',
  account: given.account ?? null,
  paper_account: given.paper_account ?? null,
  notional_per_capital: given.notional_per_capital ?? ONE,
  include_in_optimization: given.include_in_optimization ?? true,
  risk_limits: given.risk_limits ?? { max_position_size: null, max_daily_loss: null },
  default_instrument: given.default_instrument ?? null,
  backtest_source: given.backtest_source ?? null,
  sender_id: given.sender_id ?? null,
  developer_contact: given.developer_contact ?? null,
  signal_format: given.signal_format ?? null,
  max_signal_age: given.max_signal_age ?? 900,
  sizing: given.sizing ?? 'full',
  emulate_stops: given.emulate_stops ?? false,
  notes: given.notes ?? '',
  ...hashes,
  path_token_hashes: [],
  allowed_addresses: given.allowed_addresses ?? [],
  hmac_keys: [],
  created_at: now,
  updated_at: now,
  version: 1,
})

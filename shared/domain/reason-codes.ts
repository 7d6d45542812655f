/** Why an order was refused by us: the one closed list, with what the person who reads it can do. */
export const reasonCodes = {
  KILL_SWITCH: 'Trading is stopped or reduced for the fund, the account or the strategy. Wait until an admin sets it back to ACTIVE.',
  EXPIRED:
    'The signal was older than its own expiry or than the strategy allows. Send signals as they happen, and check the clock that stamps them.',
  STRATEGY_INACTIVE: 'The strategy is not ACTIVE or TESTING, so it opens nothing new. Ask the fund to activate it.',
  NO_ALLOCATION: 'The strategy has no weight in the active allocation. Ask the fund whether it is included.',
  ALLOCATION_USED: 'All capital allotted to the strategy is already deployed. Exit a position first.',
  STALE_ACCOUNT_STATE:
    'The account was not read from its broker lately, and a reading that was asked for did not come in time. Send the signal again in a minute; where the strategy has no account, ask the fund for one.',
  BROKER_UNAVAILABLE: 'The account’s broker is disconnected or waits for a login. Send the signal again once it is back.',
  UNSUPPORTED_ORDER_TYPE: 'The broker of the strategy’s account cannot take this order type or time in force. Use one that it lists.',
  FX_UNAVAILABLE: 'There is no exchange rate between the instrument’s currency and the fund’s. Try again when rates are back.',
  PRICE_UNAVAILABLE: 'There is neither a quote nor a price in the signal to size by. Send a price, or try again when quotes are back.',
  SLIPPAGE_EXCEEDED:
    'The price has run away by more of what such a trade earns in the mean than is allowed. Send signals sooner, or with the price of now.',
  SLIPPAGE_UNKNOWN:
    'The signal is older than a minute and there is no price to compare with the one of now. Send a price with the signal, or send it sooner.',
  RISK_LIMIT: 'The strategy has reached its own limit: the largest loss a day, or the largest position in one instrument.',
  CORRELATION_LIMIT:
    'The strategy moves with another one that holds a position, and both together have too much weight. Wait until that one is closed.',
  BELOW_MIN_SIZE: 'The capital for this signal buys less than one lot. A larger allocation or a smaller instrument is needed.',
  MARGIN_EXCEEDED: 'Less than one lot fits under the margin limit of the account or of the fund. Wait for positions to close.',
  CVAR_LIMIT: 'Less than one lot fits under the fund’s limit for the loss on a bad day (CVaR). Wait for positions to close.',
  NO_SCENARIOS:
    'There are no daily returns to judge the risk by, neither of the strategy nor of the instrument. Ask the fund to load the backtest.',
  NOTHING_TO_EXIT: 'The strategy has neither a position nor a working entry in this instrument.',
  ALREADY_EXITING: 'Working exits already close the whole position; they are followed until they fill.',
  UNKNOWN_INSTRUMENT: 'The instrument is not in the symbol table any more. Ask the fund to load it.',
  RESERVATION_LOST:
    'The margin reserved for this order was released before the order reached the broker. Send the signal again if it still holds.',
  LIVE_NOT_ALLOWED: 'This deployment does not trade live. The fund must allow it first.',
  BROKER_REJECTED: 'The broker refused the order; its own words are in the reason.',
} as const

export type ReasonCode = keyof typeof reasonCodes
export type Figures = Record<string, string>

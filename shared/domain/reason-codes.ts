/** Why an order was refused by us: the one closed list, with what the person who reads it can do. */
export const reasonCodes = {
  KILL_SWITCH: 'Trading is stopped or reduced for the fund, the account or the strategy. Wait until an admin sets it back to ACTIVE.',
  EXPIRED:
    'The signal was older than its own expiry or than the strategy allows. Send signals as they happen, and check the clock that stamps them.',
  STRATEGY_INACTIVE: 'The strategy is not ACTIVE or TESTING, so it opens nothing new. Ask the fund to activate it.',
  NO_ALLOCATION: 'The strategy has no weight in the active allocation. Ask the fund whether it is included.',
  ALLOCATION_USED: 'All capital allotted to the strategy is already deployed. Exit a position first.',
  UNSUPPORTED_ORDER_TYPE: 'The broker of the strategy’s account cannot take this order type or time in force. Use one that it lists.',
  FX_UNAVAILABLE: 'There is no exchange rate between the instrument’s currency and the fund’s. Try again when rates are back.',
  PRICE_UNAVAILABLE: 'There is neither a quote nor a price in the signal to size by. Send a price, or try again when quotes are back.',
  BELOW_MIN_SIZE: 'The capital for this signal buys less than one lot. A larger allocation or a smaller instrument is needed.',
  MARGIN_EXCEEDED: 'Less than one lot fits under the margin limit of the account or of the fund. Wait for positions to close.',
  NO_ACCOUNT_STATE: 'The account of the strategy was never read from its broker. Wait for the next account sync.',
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

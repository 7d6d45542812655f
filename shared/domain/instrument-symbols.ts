/** What a sender says of an instrument. */
export interface Described {
  /** In upper case, as it was sent: with or without its exchange in front. */
  ticker: string
  asset_class: string | null
  /** As it was sent: `2024-06-21`, `20240621`, `240621`, `2024-06`, `202406`. */
  expiry: string | null
  strike: { toFixed(): string } | null
  right: 'CALL' | 'PUT' | null
}

const MONTHS = 'FGHJKMNQUVXZ'

/** `NSE:RELIANCE` is RELIANCE at NSE. */
export function splitTicker(ticker: string): { exchange: string | null; symbol: string } {
  const found = /^([A-Z0-9_]+):(.+)$/.exec(ticker)
  return found ? { exchange: found[1] ?? null, symbol: found[2] ?? '' } : { exchange: null, symbol: ticker }
}

/** An expiry as `YYYY-MM-DD`, or `YYYY-MM` where no day was sent; null where it is neither. */
export function expiryOf(text: string): string | null {
  const found = /^(20\d\d)-?(\d\d)(?:-?(\d\d))?(?:T.*)?$/.exec(text) ?? /^(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (!found) return null
  const [, year = '', month = '', day] = found
  return [year.length === 2 ? `20${year}` : year, month, ...(day === undefined ? [] : [day])].join('-')
}

/** Whether an instrument's expiry (`YYYY-MM-DD`) is the one that was sent, which may leave out the day. */
export const isExpiry = (expiry: string | null, sent: string): boolean => expiry?.startsWith(expiryOf(sent) ?? sent) === true

/**
 * The symbols under which the symbol table may have an instrument, the one that was sent first: options by their OCC symbol
 * (`AAPL240621C00190000`), futures with the year in full (`ESZ2025`), pairs without what stands between (`BTCUSDT`).
 * @param year the current one: a single digit of a future's year is the nearest from three years ago on
 */
export function symbolForms(sent: Described, year: number): string[] {
  const { symbol } = splitTicker(sent.ticker)
  return [...new Set([symbol, ...optionForms(symbol, sent), ...futureForms(symbol, sent, year), ...pairForms(symbol)])]
}

const occ = (root: string, { day, right, strike }: { day: string; right: string; strike: string }): string | null => {
  const [whole = '', decimals = ''] = strike.split('.')
  return whole.length > 5 || decimals.length > 3 ? null : `${root}${day}${right}${whole.padStart(5, '0')}${decimals.padEnd(3, '0')}`
}

function optionForms(symbol: string, { expiry, strike, right }: Described): string[] {
  // The 21 characters of the OCC, with blanks or without.
  const padded = /^([A-Z.]{1,6}) *(\d{6})([CP])(\d{8})$/.exec(symbol)
  if (padded) return [padded.slice(1).join('')]
  // TradingView writes the strike as a number.
  const written = /^\.?([A-Z.]{1,6})(\d{6})([CP])(\d{1,5}(?:\.\d{1,3})?)$/.exec(symbol)
  if (written) {
    const [, root = '', day = '', side = '', price = ''] = written
    return [occ(root, { day, right: side, strike: price })].filter(form => form !== null)
  }
  const day = expiry === null ? null : expiryOf(expiry)?.replaceAll('-', '').slice(2)
  if (day?.length !== 6 || strike === null || right === null) return []
  return [occ(symbol, { day, right: right.charAt(0), strike: strike.toFixed() })].filter(form => form !== null)
}

function futureForms(symbol: string, { asset_class, expiry }: Described, year: number): string[] {
  const short = /^([A-Z0-9]{1,4}?)([FGHJKMNQUVXZ])(\d{1,2})$/.exec(symbol)
  if (short) {
    const [, root = '', month = '', digits = ''] = short
    return [`${root}${month}${fullYear(digits, year)}`]
  }
  const [full, month] = (expiry === null ? null : expiryOf(expiry))?.split('-') ?? []
  if (asset_class !== 'FUTURE' || full === undefined || month === undefined) return []
  return [`${symbol.replace(/\d!$/, '')}${MONTHS[Number(month) - 1] ?? ''}${full}`]
}

function fullYear(digits: string, year: number): number {
  if (digits.length === 2) return 2000 + Number(digits)
  const inDecade = year - (year % 10) + Number(digits)
  return inDecade < year - 3 ? inDecade + 10 : inDecade
}

const pairForms = (symbol: string): string[] => (/^[A-Z0-9]{2,10}[/.\-_ ][A-Z]{3,5}$/.test(symbol) ? [symbol.replace(/[/.\-_ ]/, '')] : [])

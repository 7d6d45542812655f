import { addFault, cellsOf, type Faults, noFaults, type RowFault, readDay, readNumber } from './row-fault.ts'

export interface TradeFigures {
  num_trades: number
  /** Mean over trades, as a fraction of the price. */
  mean_trade_return: number
  mean_holding_days: number
}
export type TradeResult = { kind: 'trades'; trades: TradeFigures } | { kind: 'faults'; faults: RowFault[]; count: number }

const names: Record<string, 'entry' | 'exit' | 'return'> = {
  entry_date: 'entry',
  exit_date: 'exit',
  return: 'return',
  trade_return: 'return',
}

type Columns = Partial<Record<'entry' | 'exit' | 'return', number>>

/** What is kept of a file of trades `entry_date, exit_date, return` while it is read; a return is a fraction of the entry's price. */
export interface TradeReading {
  faults: Faults
  columns: Columns | null
  count: number
  trades: number
  returns: number
  days: number
}

export const startTrades = (): TradeReading => ({ faults: noFaults(), columns: null, count: 0, trades: 0, returns: 0, days: 0 })

export function readTradeLine(state: TradeReading, text: string): void {
  state.count += 1
  if (text.trim() === '') return
  const cells = cellsOf(text)
  if (state.columns) {
    readRow(state, state.columns, cells)
    return
  }
  state.columns = columnsOf(cells)
  if (Object.keys(state.columns).length < 3) {
    fault(state, 'COLUMNS', 'the columns of a file of trades must be “entry_date, exit_date, return”')
  }
}

const columnsOf = (cells: string[]): Columns =>
  Object.fromEntries(
    cells.flatMap((cell, index) => {
      const column = names[cell.toLowerCase()]
      return column ? [[column, index]] : []
    }),
  )

const fault = (state: TradeReading, code: RowFault['code'], message: string) => addFault(state.faults, { line: state.count, code, message })

function readRow(state: TradeReading, { entry = -1, exit = -1, return: at = -1 }: Columns, cells: string[]): void {
  if (state.faults.listed[0]?.code === 'COLUMNS') return
  const [from, to, fraction] = [readDay(cells[entry] ?? ''), readDay(cells[exit] ?? ''), readNumber(cells[at] ?? '')]
  if (from === null || to === null) fault(state, 'NOT_A_DATE', 'entry_date and exit_date must be days: YYYY-MM-DD')
  else if (to < from) fault(state, 'UNSORTED', 'the exit comes before the entry')
  if (fraction === null) fault(state, 'NOT_A_NUMBER', `return “${(cells[at] ?? '').slice(0, 40)}” is not a number`)
  if (from === null || to === null || fraction === null) return
  state.trades += 1
  state.returns += fraction
  state.days += Math.max(to - from, 1)
}

export function finishTrades(state: TradeReading): TradeResult {
  const { faults, trades } = state
  if (state.columns === null || (faults.count === 0 && trades === 0)) {
    addFault(faults, { line: Math.max(state.count, 1), code: 'TOO_SHORT', message: 'the file holds no trade' })
  }
  if (faults.count > 0) return { kind: 'faults', faults: faults.listed, count: faults.count }
  return {
    kind: 'trades',
    trades: { num_trades: trades, mean_trade_return: state.returns / trades, mean_holding_days: state.days / trades },
  }
}

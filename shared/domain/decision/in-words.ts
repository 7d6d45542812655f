import { sentence } from '../errors.ts'
import { type ReasonCode, reasonCodes } from '../reason-codes.ts'
import type { CalculationStep } from './intent.ts'

interface Wording {
  /** The figures that a sender may see: their own, and limits; never what another strategy does. */
  figures: readonly string[]
  passed: string
  denied: string
}

const fixed = (text: string, figures: readonly string[] = []): Wording => ({ figures, passed: text, denied: text })

/** What each step of a calculation says to its sender. `{name}` stands for a figure; a step that is not here shows none. */
const wordings: Readonly<Record<string, Wording>> = {
  position_after: {
    figures: ['sender_after', 'sender_before', 'ours_before', 'ours'],
    passed: 'Your position and ours were on the same side before this signal, as far as position_after tells.',
    denied:
      'Before this signal you were {sender_before} and we are {ours_before}: a signal of yours was missed or denied. Nothing was corrected.',
  },
  size: fixed(
    'Your allocation of {allocation_pct} % is {allocated_capital}; {deployed} of it is in use, which leaves {available_capital} for this: {wanted_quantity} at {price}.',
    ['allocation_pct', 'allocated_capital', 'deployed', 'available_capital', 'price', 'wanted_quantity'],
  ),
  'kill switch': {
    figures: ['fund', 'account', 'strategy'],
    passed: 'Trading is open.',
    denied: 'Trading is stopped or reduced by the fund.',
  },
  'signal age': {
    figures: ['age_s', 'limit_s', 'expires_at', 'now'],
    passed: 'The signal was {age_s} s old; {limit_s} s are allowed.',
    denied: 'The signal came too late.',
  },
  'strategy status': {
    figures: ['status'],
    passed: 'The strategy is active.',
    denied: 'The strategy is not active, so that it only exits.',
  },
  allocation: {
    figures: ['allocation_pct'],
    passed: 'The strategy has {allocation_pct} % of the capital.',
    denied: 'The strategy has no weight.',
  },
  'capital left': {
    figures: ['allocated_capital', 'deployed'],
    passed: '{deployed} of {allocated_capital} is deployed.',
    denied: 'All of {allocated_capital} is deployed: {deployed}.',
  },
  account: {
    figures: ['age_s', 'limit_s', 'sync', 'waited_s'],
    passed: 'The account was read {age_s} s ago.',
    denied: 'The account’s state is too old to trade by.',
  },
  broker: { figures: ['status'], passed: 'The broker is there.', denied: 'The broker is not there: {status}.' },
  'order type': {
    figures: ['order_type', 'time_in_force', 'taken'],
    passed: 'The broker takes {order_type} orders, {time_in_force}.',
    denied: 'The broker does not take {order_type} orders, {time_in_force}.',
  },
  'exchange rate': {
    figures: ['instrument_id', 'currency', 'fx'],
    passed: 'The instrument is known, and there is a rate for its currency.',
    denied: 'The instrument is not in the symbol table, or there is no rate for its currency.',
  },
  price: {
    figures: ['price', 'fx', 'instrument_id', 'currency'],
    passed: 'It would trade at {price}.',
    denied: 'It cannot be valued now.',
  },
  slippage: {
    figures: ['quote', 'signal_price', 'loss', 'expected_alpha', 'ratio', 'limit', 'age_s', 'limit_s'],
    passed: 'The market is at {quote}; the signal was made at {signal_price}.',
    denied: 'The market is at {quote}, too far from the {signal_price} that the signal was made at.',
  },
  'strategy limits': {
    figures: ['day_pnl_usd', 'max_daily_loss_usd', 'position_usd', 'max_position_size_usd'],
    passed: 'It is within the strategy’s own limits.',
    denied: 'The strategy has reached a limit of its own.',
  },
  correlation: {
    figures: ['threshold'],
    passed: 'It does not move too closely with what the fund holds.',
    denied: 'It moves too closely with what the fund holds already.',
  },
  'minimum size': {
    figures: ['quantity', 'lot', 'available_capital'],
    passed: 'It is at least one lot.',
    denied: 'It is less than one lot of {lot}.',
  },
  margin: {
    figures: ['needed_pct', 'limit_pct', 'margin'],
    passed: 'It takes {margin} of margin, which fits.',
    denied: 'Not one lot fits under the margin limit of {limit_pct} %.',
  },
  cvar: {
    figures: ['marginal', 'limit', 'scenario_days'],
    passed: 'It adds {marginal} to the fund’s loss on a bad day, which fits.',
    denied: 'Not one lot fits under the fund’s limit of {limit} for the loss on a bad day.',
  },
  reservation: fixed('{amount} of margin is reserved for it.', ['amount']),
  exit: fixed(
    'Of a position of {position}, {claimed} is being closed already; this closes {closing} and cancels {working_entries} working entries.',
    ['position', 'claimed', 'working_entries', 'closing'],
  ),
  part: fixed('Of the position it closes {part}.', ['part']),
  'late fills': fixed('{filled_since} filled before its cancel arrived; {closing} more is closed.', [
    'filled_since',
    'position',
    'claimed',
    'closing',
  ]),
  reversal: fixed('The entry to the other side waits until the position is closed.'),
}

export interface StepInWords extends CalculationStep {
  text: string
}

const shown = ({ step, figures }: CalculationStep): Record<string, string> =>
  Object.fromEntries(Object.entries(figures).filter(([name]) => wordings[step]?.figures.includes(name)))

/** A step of a calculation for the sender of its signal, with their own figures only. */
export function inWords(line: CalculationStep): StepInWords {
  const { step, result } = line
  const figures = shown(line)
  const wording = wordings[step]
  const template = wording && (['denied', 'differs'].includes(result) ? wording.denied : wording.passed)
  const cut = result === 'cut' ? ' The size was cut to fit.' : ''
  return {
    step,
    result,
    text: (template ?? `${step}: ${result}.`).replaceAll(/\{(\w+)\}/g, (_, name) => figures[name] ?? '–') + cut,
    figures,
  }
}

interface Reasoned {
  reason_code: string | null
  reason: string
}

/** A reason for the sender: the code, with what of its step's figures is theirs; of several legs' steps, the one whose figures it names. */
export function senderReason({ reason_code, reason }: Reasoned, calculation: readonly CalculationStep[]): string {
  if (reason_code === null) return reason
  const steps = calculation.filter(({ step, result }) => result === 'denied' || step === 'exit')
  const isIts = (line: CalculationStep) => Object.entries(shown(line)).every(([name, value]) => reason.includes(`${name}=${value}`))
  const line = steps.findLast(isIts) ?? steps.findLast(({ result }) => result === 'denied') ?? steps.at(-1)
  return sentence(reason_code, line ? shown(line) : {})
}

/** What the reader of a refusal can do; null where nothing was refused. */
export const adviceFor = (reason_code: string | null): string | null =>
  reason_code !== null && Object.hasOwn(reasonCodes, reason_code) ? reasonCodes[reason_code as ReasonCode] : null

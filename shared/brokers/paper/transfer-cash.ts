import { sentence } from '../../domain/errors.ts'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import { paperAccountOf } from '../../store/paper-book.ts'
import { declarePaperActions, isPaperActionKnown, type PaperAction } from '../../store/paper-events.ts'
import type { TransferRequest, TransferResult } from '../broker.ts'
import { accountEvents } from './account-events.ts'
import type { Venue } from './place-order.ts'

const idsOf = (transfer_id: string) => ({ out: `transfer-${transfer_id}-out`, in: `transfer-${transfer_id}-in` })

/** Moves cash between two accounts of the book, both sides with one write, and tells each of it by a TRANSFER event. */
export async function transferCash(venue: Venue, request: TransferRequest): Promise<TransferResult> {
  const { store } = venue
  const { transfer_id, from_account, to_account, amount } = request
  const ids = idsOf(transfer_id)
  const refused = (await isPaperActionKnown(store, ids.out)) ? null : await refusalOf(venue, request)
  if (refused) return { kind: 'rejected', reason: refused }
  const side = (action_id: string, account_id: string, moved: Decimal, description: string): PaperAction => ({
    action_id,
    type: 'TRANSFER',
    instrument_id: null,
    account_id,
    amount: moved,
    ratio: null,
    at: venue.now(),
    description,
  })
  await declarePaperActions(store, [
    side(ids.out, from_account, amount.neg(), `to ${to_account}`),
    side(ids.in, to_account, amount, `from ${from_account}`),
  ])
  for (const account_id of [from_account, to_account]) await accountEvents(venue, account_id, venue.now())
  return { kind: 'confirmed', reference: ids.out.replace(/-out$/, '') }
}

async function refusalOf({ store }: Venue, { from_account, to_account, currency, amount }: TransferRequest): Promise<string | null> {
  const [from, to] = await Promise.all([paperAccountOf(store, from_account), paperAccountOf(store, to_account)])
  if (!from || !to) return sentence('UNKNOWN_ACCOUNT', { account_id: from ? to_account : from_account })
  if (from.broker_id !== to.broker_id) return sentence('ANOTHER_BROKER', { from: from.broker_id, to: to.broker_id })
  if (from.currency !== currency || to.currency !== currency) return sentence('ANOTHER_CURRENCY', { from: from.currency, to: to.currency })
  const cash = from.cash[currency] ?? ZERO
  return cash.lt(amount)
    ? sentence('INSUFFICIENT_CASH', { account_id: from_account, cash: cash.toFixed(), amount: amount.toFixed() })
    : null
}

import { afterEach } from 'vitest'
import { openVenue } from '../../simulators/ibkr/venue.ts'
import type { Failure } from './conformance/venue.ts'
import { conformance } from './conformance.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Codes that an order may be refused with, and what says nothing of it. */
const refusals: Record<number, string> = {
  110: 'The price does not conform to the minimum price variation for this contract.',
  200: 'No security definition has been found for the request',
  201: 'Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. MINIMUM OF 2000 USD REQUIRED',
  203: 'The security GME is not available or allowed for this account',
  321: 'Error validating request',
  387: 'Unsupported order type for this exchange and security type.',
  434: 'The order size cannot be zero.',
  10289: 'You must set Cash Quantity for this order.',
}

/** At the older version of the protocol every message comes in pieces of five bytes. */
const versions = [
  { version: 166, split: 5 },
  { version: 193, split: 0 },
]

for (const { version, split } of versions) {
  conformance(`Interactive Brokers at version ${version}`, async () => {
    const { simulator, broker, account_id, instruments, close } = await openVenue({
      version,
      accounts: [
        { account_id: 'DU1234567', cash: 1_000_000 },
        { account_id: 'DU7654321', cash: 500_000 },
      ],
      connection: { order_ms: 300, request_ms: 300 },
    })
    closing.push(close)
    const { faults, book } = simulator
    faults.split = split
    const orderOf = (ref: string) => {
      const order = book.orders.find(({ order_ref }) => order_ref === ref)
      if (!order) throw new Error(`there is no order ${ref}`)
      return order
    }
    const refused = (code: number, message: string): Failure => ({
      name: String(code),
      arrange: () => void faults.refusals.push({ code, message }),
      outcome: 'rejected',
    })
    return {
      broker,
      account_id,
      second: 'DU7654321',
      instrument: instruments.stock,
      price: async (bid, ask) => simulator.price('AAPL', bid, ask),
      loseNextAnswer: () => {
        faults.lost_answers = 1
      },
      loseNextCancel: () => {
        faults.lost_cancels = 1
      },
      failures: () => [
        ...Object.entries(refusals).map(([code, message]) => refused(Number(code), message)),
        {
          name: 'Inactive with a reason',
          arrange: () => void faults.refusals.push({ code: 201, message: 'Order rejected', inactive: true }),
          outcome: 'rejected',
        },
        {
          name: 'Inactive without a reason',
          arrange: () => void faults.refusals.push({ code: 0, message: '', inactive: true }),
          outcome: 'rejected',
        },
        {
          name: 'a code that nobody documents, and no status',
          arrange: () => void faults.refusals.push({ code: 999_999, message: 'who knows' }),
          outcome: 'unknown',
        },
      ],
      failNextQuestion: () => {
        faults.ignored = 1
      },
      delay: ms => {
        if (ms > 0) faults.frozen = true
        else simulator.thaw()
      },
      fillPart: async (ref, quantity, price) => book.part(orderOf(ref), price, Number(quantity)),
      holdCommissions: () => {
        faults.commission = 'late'
      },
      tellCommissions: async () => {
        faults.commission = 'prompt'
        book.tellCommissions()
      },
      correct: async (ref, price) => {
        const made = book.executions.findLast(({ order }) => order.order_ref === ref)
        if (made) book.correct(made.exec_id, price)
      },
      fillBeforeCancel: () => {
        faults.fill_on_cancel = 1
      },
      foreign: async () => simulator.foreignOrder('AAPL', { client_id: 99, order_ref: 'theirs' }).perm_id.toString(),
    }
  })
}

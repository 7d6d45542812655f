/** SIG-10: what becomes of a signal. A status only moves to a higher rank; the states and their times are all kept. */
const rank = {
  RECEIVED: 0,
  STANDARDIZED: 1,
  REFUSED: 9,
  DUPLICATE: 9,
  HELD: 2,
  DECIDED: 3,
  ORDERED: 4,
  PARTIALLY_FILLED: 5,
  DENIED: 9,
  FILLED: 9,
  CANCELED: 9,
  REJECTED: 9,
  EXPIRED: 9,
} as const

export type SignalState = keyof typeof rank
export const signalStates = Object.keys(rank) as [SignalState, ...SignalState[]]

/** The states from which a signal may still move to `state`. */
export const statesBefore = (state: SignalState): SignalState[] => signalStates.filter(other => rank[other] < rank[state])

/** Whether nothing more will become of a signal in this state. */
export const isFinal = (state: SignalState): boolean => rank[state] === rank.FILLED

/** What a sender filters on: PENDING (undecided), EXECUTED (approved), REJECTED (denied by us or rejected by the broker). */
export const senderStatus = (state: SignalState): 'PENDING' | 'EXECUTED' | 'REJECTED' => {
  if (rank[state] < rank.DECIDED) return 'PENDING'
  return ['DENIED', 'REFUSED', 'DUPLICATE', 'REJECTED'].includes(state) ? 'REJECTED' : 'EXECUTED'
}

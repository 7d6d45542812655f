// What the error codes of TWS mean. `id` of an error is the order's or the request's that it is about, or -1.

/**
 * - `refused`: the order, or the change of it, was not taken.
 * - `canceled`: the order is canceled; told of every cancel, wanted or not.
 * - `cancel-refused`: the cancel was not taken, the order is as it was.
 * - `duplicate-id`: the order was not taken, because its number was used before.
 * - `warning`: something to know of an order or request that goes on.
 * - `failed`: the request has no answer.
 * - `no-data`: there is no market data for it.
 * - `pacing`: too many messages.
 * - `server-lost`, `server-back`, `server-back-empty`: the gateway's own connection to the servers.
 * - `in-use`: another client has our id.
 * - `reset`: the gateway goes on at another port, or wants to be connected to anew.
 */
export type ErrorClass =
  | 'refused'
  | 'canceled'
  | 'cancel-refused'
  | 'duplicate-id'
  | 'warning'
  | 'failed'
  | 'no-data'
  | 'pacing'
  | 'server-lost'
  | 'server-back'
  | 'server-back-empty'
  | 'in-use'
  | 'reset'

type Range = number | readonly [from: number, to: number]

/** Source: https://interactivebrokers.github.io/tws-api/message_codes.html, and the TWS API documentation of IBKR Campus. */
export const errorTable: Record<ErrorClass, readonly Range[]> = {
  pacing: [100],
  'duplicate-id': [103],
  canceled: [202],
  'cancel-refused': [135, 136, 161, 10147, 10148],
  'server-lost': [1100, 2110],
  'server-back-empty': [1101],
  'server-back': [1102],
  reset: [1300],
  'in-use': [326],
  'no-data': [[101, 102], 200, 300, 354, 10089, 10090, 10168, 10186, 10187, 10189, 10190, 10197],
  warning: [
    ...[399, 404, 492, 2100, [2103, 2109] as const, [2119, 2170] as const, 10002, 10167, 10311, 10349],
    // Told of an order or request that goes on: the time is not said, the size is rounded, the price was capped.
    ...[[2111, 2118] as const, [10160, 10164] as const, 10267, 10268, 10304, 10305, 10314, 10323, 10329, 10330],
  ],
  refused: [
    // Wrong in itself: number, price step, contract, size, type, time in force, account, algorithm, group.
    ...[[104, 134] as const, [137, 160] as const, [162, 164] as const, 201, 203, [309, 313] as const],
    ...[[320, 321] as const, [323, 325] as const, [327, 353] as const, [355, 357] as const, [360, 364] as const],
    ...[[367, 398] as const, [400, 403] as const, [405, 448] as const, [460, 491] as const, 506, [507, 510] as const, [512, 516] as const],
    ...[10003, [10005, 10045] as const, [10049, 10082] as const, [10096, 10146] as const, [10149, 10159] as const],
    ...[10243, 10244, 10250, [10288, 10303] as const, [10306, 10310] as const],
  ],
  failed: [
    ...[[165, 166] as const, [301, 308] as const, [314, 319] as const, 322, [358, 359] as const, [365, 366] as const],
    ...[[501, 505] as const, 511, [517, 599] as const, [10046, 10048] as const, [10083, 10088] as const, [10091, 10095] as const],
    ...[10165, 10166, [10169, 10185] as const, 10188, [10191, 10196] as const, [10198, 10242] as const, [10245, 10249] as const],
    ...[[2101, 2102] as const, [10251, 10266] as const, [10269, 10287] as const],
  ],
}

const fits = (code: number, range: Range): boolean => (typeof range === 'number' ? range === code : range[0] <= code && code <= range[1])

/** The class of a code; null for one that nobody documents, which is never taken for a verdict. */
export const classOf = (code: number): ErrorClass | null =>
  (Object.keys(errorTable) as ErrorClass[]).find(name => errorTable[name].some(range => fits(code, range))) ?? null

/** What an error about an order says of it: a contract that is not known refuses the order as well. */
export const orderClassOf = (code: number): ErrorClass | null => {
  const found = classOf(code)
  return found === 'no-data' || found === 'failed' ? 'refused' : found
}

interface Refusal {
  status: number
  /** When it is answered. */
  when: string
  /** What the sender can do. */
  cure: string
}

/** Every refusal of the signal door: the one closed list. The README's table is made of it. */
export const doorRefusals = {
  BAD_ADDRESS: { status: 400, when: 'the address holds a broken % escape', cure: 'correct the address' },
  NOT_JSON: { status: 400, when: 'the body is neither JSON nor `key=value` pairs', cure: 'send one JSON object, or pairs as `text/plain`' },
  NOT_AN_OBJECT: { status: 400, when: 'the JSON is not one object', cure: 'send one object `{…}` for each signal' },
  TOO_DEEP: { status: 400, when: 'the JSON is nested more than 32 levels deep', cure: 'send the fields flat' },
  BAD_CREDENTIALS: {
    status: 401,
    when: 'no strategy of this name has this secret, or a signature does not fit or is older than 5 minutes',
    cure: 'send one right credential; check the clock that stamps signatures',
  },
  ADDRESS_NOT_ALLOWED: {
    status: 403,
    when: 'the path token is right, but not for the address that it came from',
    cure: 'send from an address on the strategy’s list, or ask the fund to add this one',
  },
  WRONG_ENVIRONMENT: {
    status: 403,
    when: '`environment` is not that of this deployment',
    cure: 'post it to the other deployment, or correct `environment`',
  },
  STRATEGY_INACTIVE: {
    status: 403,
    when: 'the strategy is INACTIVE and has no position, working order or undecided signal',
    cure: 'ask the fund to activate it',
  },
  METHOD_NOT_ALLOWED: { status: 405, when: 'the method is not POST', cure: 'use POST' },
  SIGNAL_ID_REUSED: {
    status: 409,
    when: 'an earlier signal has this `signalID`, with other legs',
    cure: 'send each signal under an id of its own; nothing was changed',
  },
  BODY_TOO_LARGE: { status: 413, when: 'the body is larger than 64 KiB', cure: 'send less' },
  UNKNOWN_FORMAT: {
    status: 422,
    when: 'the body fits no format that is understood',
    cure: 'send the house format (with `signal`) or an alert (with `ticker` and `action`)',
  },
  INVALID_SIGNAL: { status: 422, when: 'fields are missing or wrong; `errors` names each by its path', cure: 'correct these fields' },
  UNKNOWN_INSTRUMENT: {
    status: 422,
    when: 'the symbol table has no such instrument, or more than one',
    cure: 'send `asset_class`, `exchange`, `expiry`, `strike` or `right`, or ask the fund to load it',
  },
  SENT_IN_FUTURE: {
    status: 422,
    when: 'the signal was sent more than 60 s from now',
    cure: 'set the clock that stamps it; send Unix seconds or milliseconds',
  },
  TOO_MANY_FAILURES: {
    status: 429,
    when: 'too many wrong credentials came from this sender or this address within a minute',
    cure: 'wait for `Retry-After` seconds; a right credential is still accepted',
  },
  TOO_MANY_SIGNALS: {
    status: 429,
    when: 'the strategy has sent 999 signals in this second',
    cure: 'send it again after `Retry-After` seconds',
  },
  UNAVAILABLE: { status: 503, when: 'the database does not answer', cure: 'send the same again; it is done once' },
} as const satisfies Record<string, Refusal>

export type DoorRefusal = keyof typeof doorRefusals

import { z } from 'zod'
import { isObject, named } from './names.ts'
import { type Converter, legFields, legOf, moment, orNull, signedNumber, text } from './standard.ts'

const houseLeg = legFields.extend({ position_after: orNull(signedNumber) })

const MOST_LEGS = 20

const houseBody = z.object({
  signalID: orNull(text),
  signal_sent_EPOCH: orNull(moment),
  environment: orNull(text),
  signal: z.array(houseLeg).min(1).max(MOST_LEGS),
})

/** `{strategy_name, signalID, passphrase, signal: {…} | […]}`. */
export const house: Converter = {
  name: 'house',
  fits: ({ fields }) => 'signal' in fields,
  prepare: fields => ({ ...fields, signal: (Array.isArray(fields.signal) ? fields.signal : [fields.signal]).map(legUnderOurNames) }),
  placeOf: path => path,
  input: houseBody.transform(({ signalID, signal_sent_EPOCH, environment, signal }) => ({
    sender_signal_id: signalID,
    sent_at: signal_sent_EPOCH,
    environment,
    legs: signal.map(({ position_after: _, ...leg }) => legOf(leg)),
    position_after: signal[0]?.position_after ?? null,
  })),
}

const legUnderOurNames = (leg: unknown): unknown => (isObject(leg) ? named(leg).fields : leg)

import { z } from 'zod'
import { type Converter, legFields, legOf, orNull, signedNumber, text } from './standard.ts'

const MILLISECONDS_FROM = 100_000_000_000 // as seconds this is the year 5138

/** Unix time in seconds or milliseconds. */
const epoch = z
  .union([z.number(), z.string().regex(/^\d{1,16}(\.\d+)?$/, 'must be a Unix time in seconds or milliseconds')])
  .transform(Number)
  .pipe(z.number().min(0).max(8_640_000_000_000))
  .transform(value => new Date(value < MILLISECONDS_FROM ? value * 1000 : value))

const houseLeg = legFields.extend({ position_after: orNull(signedNumber) })

const houseBody = z.object({
  strategy_name: text,
  passphrase: orNull(text),
  signalID: orNull(text),
  signal_sent_EPOCH: orNull(epoch),
  environment: orNull(text),
  signal: z.preprocess(signal => (Array.isArray(signal) ? signal : [signal]), z.array(houseLeg).min(1).max(20)),
})

/** `{strategy_name, signalID, passphrase, signal: {…} | […]}`. */
export const house: Converter = {
  name: 'house',
  fits: body => 'signal' in body,
  input: houseBody.transform(({ strategy_name, passphrase, signalID, signal_sent_EPOCH, environment, signal }) => ({
    strategy: strategy_name,
    passphrase,
    sender_signal_id: signalID,
    sent_at: signal_sent_EPOCH,
    environment,
    legs: signal.map(({ position_after: _, ...leg }) => legOf(leg)),
    position_after: signal[0]?.position_after ?? null,
  })),
}

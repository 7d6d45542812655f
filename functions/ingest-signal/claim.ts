import { z } from 'zod'
import { Problem } from '../../shared/runtime/problem.ts'
import type { Body } from './body.ts'
import { convert, errorsOf, invalid } from './converters/formats.ts'
import { named } from './converters/names.ts'
import { orNull, text } from './converters/standard.ts'

const claimed = z.object({ strategy_name: orNull(text), passphrase: orNull(text) })

/** What a body says of who sends it. */
export interface Claim {
  /** A strategy's id, or its name. */
  reference: string | null
  passphrase: string | null
}

/** @throws Problem 422 where it says so in a form that nobody can, with all that is wrong besides */
export function claimOf(body: Body): Claim {
  const parsed = claimed.safeParse(named(body.fields).fields)
  if (parsed.success) return { reference: parsed.data.strategy_name, passphrase: parsed.data.passphrase }
  throw invalid('The signal was read', [...errorsOf(body, parsed.error.issues), ...errorsBesides(body)])
}

/** For a body that names no strategy and comes with no credential that does. @throws Problem 422 where it is no signal at all */
export const namesNobody = (body: Body): Problem =>
  invalid('The signal was read', [{ path: 'strategy_name', message: 'is missing' }, ...errorsBesides(body)])

function errorsBesides(body: Body) {
  try {
    convert(body, null)
    return []
  } catch (error) {
    if (error instanceof Problem && error.input.code === 'INVALID_SIGNAL') return error.input.errors ?? []
    throw error
  }
}

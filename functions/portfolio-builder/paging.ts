import { z } from 'zod'
import { Problem } from '../../shared/runtime/problem.ts'
import { InvalidCursor, type Page } from '../../shared/store/page.ts'

/** What every list takes. */
export const pageQuery = { limit: z.coerce.number().int().min(1).max(500).default(50), cursor: z.string().max(1_000).optional() }

/** A page, or 422 for a cursor that this list did not give out. */
export async function paged<T>(page: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await page
  } catch (error) {
    if (!(error instanceof InvalidCursor)) throw error
    throw new Problem({ status: 422, code: 'INVALID_CURSOR', detail: 'cursor must be the next_cursor of a page of the same list.' })
  }
}
